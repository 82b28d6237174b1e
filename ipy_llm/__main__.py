"""`python -m ipy_llm`."""

import sys

from ipy_llm.faces.cli import main

sys.exit(main())
