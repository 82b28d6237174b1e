"""Which imports a bare name may want: a table of what is usual. Whether the code at hand means it, `wanted` decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# A module is used by its attributes only. A class may stand wherever a value may; a function is called, decorates,
# or is given to what calls it, since as a plain word (`product`, `chain`) it is as often a variable.
Kind = Literal["module", "class", "function"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An import and what it binds: the module `module`, or `name` of it."""

    statement: str
    kind: Kind
    module: str
    name: str = ""


# Modules of the standard library. Not those that are run for a joke, tested with or shipped as programs.
_MODULES = """
abc argparse array ast asyncio atexit base64 bdb binascii bisect bz2 calendar cmath cmd code codecs codeop
collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg cProfile csv ctypes curses
dataclasses datetime dbm decimal difflib dis doctest email enum errno faulthandler fcntl filecmp fileinput fnmatch
fractions ftplib functools gc getopt getpass gettext glob graphlib gzip hashlib heapq hmac html http imaplib importlib
inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox marshal math mimetypes mmap
multiprocessing netrc numbers operator optparse os pathlib pdb pickle pickletools pkgutil platform plistlib poplib posix
pprint profile pstats pty pwd py_compile queue quopri random re readline reprlib resource runpy sched secrets select
selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 ssl stat statistics string stringprep
struct subprocess symtable sys sysconfig syslog tarfile tempfile termios textwrap threading time timeit token tokenize
tomllib trace traceback tracemalloc types typing unicodedata unittest urllib uuid warnings wave weakref webbrowser
xml zipapp zipfile zipimport zlib zoneinfo
numpy pandas scipy sklearn matplotlib seaborn polars torch torchvision tensorflow keras jax xarray dask pyarrow numba
sympy networkx statsmodels plotly altair bokeh requests httpx aiohttp urllib3 click typer rich flask fastapi starlette
uvicorn django sqlalchemy psycopg2 pymongo redis boto3 pydantic attrs pytest hypothesis yaml toml tomli lxml bs4 cv2
imageio skimage nltk spacy transformers datasets openai anthropic tiktoken joblib psutil dotenv jwt jinja2 markdown
dateutil pytz arrow pendulum orjson tabulate colorama paramiko cryptography libcst jedi mypy nbformat
"""

# Modules that are imported under a name of their own.
_ALIASES = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "mpl": "matplotlib",
    "sns": "seaborn",
    "tf": "tensorflow",
    "jnp": "jax.numpy",
    "pl": "polars",
    "xr": "xarray",
    "dd": "dask.dataframe",
    "pa": "pyarrow",
    "nx": "networkx",
    "sm": "statsmodels.api",
    "smf": "statsmodels.formula.api",
    "px": "plotly.express",
    "alt": "altair",
    "sa": "sqlalchemy",
    "st": "streamlit",
    "gr": "gradio",
    "cst": "libcst",
    "ET": "xml.etree.ElementTree",
    "mp": "multiprocessing",
    "sp": "scipy",
}

# Modules that stand below another, which does not import them.
_SUBMODULES = """
collections.abc concurrent.futures dbm.dumb email.message email.mime.text email.mime.multipart email.utils html.parser
http.client http.cookies http.cookiejar http.server importlib.abc importlib.machinery importlib.metadata
importlib.resources importlib.util json.decoder logging.config logging.handlers multiprocessing.dummy multiprocessing.pool
multiprocessing.shared_memory unittest.mock urllib.error urllib.parse urllib.request urllib.robotparser wsgiref.util
xml.dom.minidom xml.etree.ElementTree xml.sax.saxutils curses.ascii
matplotlib.pyplot scipy.stats scipy.optimize scipy.signal scipy.sparse scipy.spatial scipy.integrate scipy.interpolate
sklearn.linear_model sklearn.model_selection sklearn.preprocessing sklearn.metrics sklearn.ensemble sklearn.cluster
concurrent.futures.thread
"""

_CLASSES = """
collections: ChainMap Counter OrderedDict UserDict UserList defaultdict deque namedtuple
collections.abc: AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable Collection Container Coroutine Generator Hashable
 ItemsView Iterable Iterator KeysView Mapping MutableMapping MutableSequence MutableSet Sequence Sized ValuesView
typing: Annotated Any AnyStr ClassVar Concatenate Dict Final ForwardRef FrozenSet Generic IO List Literal NamedTuple NewType NoReturn
 Optional ParamSpec Protocol SupportsFloat SupportsIndex SupportsInt TextIO Tuple TypeAlias TypeGuard TypeVar TypedDict Union
 TYPE_CHECKING
pathlib: Path PosixPath PurePath PurePosixPath PureWindowsPath
decimal: Decimal InvalidOperation ROUND_HALF_UP
fractions: Fraction
enum: Enum Flag IntEnum IntFlag StrEnum
abc: ABC ABCMeta
io: BytesIO StringIO TextIOWrapper BufferedReader
types: MappingProxyType MethodType ModuleType SimpleNamespace FunctionType TracebackType
datetime: timedelta
zoneinfo: ZoneInfo
contextlib: AsyncExitStack ExitStack
concurrent.futures: ProcessPoolExecutor ThreadPoolExecutor
threading: Thread
multiprocessing: Pool
tempfile: NamedTemporaryFile TemporaryDirectory TemporaryFile SpooledTemporaryFile
argparse: ArgumentParser ArgumentTypeError Namespace RawDescriptionHelpFormatter
configparser: ConfigParser
json: JSONDecodeError JSONEncoder
subprocess: CalledProcessError Popen TimeoutExpired PIPE DEVNULL STDOUT
string: Formatter
unittest: TestCase
unittest.mock: AsyncMock MagicMock PropertyMock
urllib.error: HTTPError URLError
urllib.request: Request
html.parser: HTMLParser
http.server: BaseHTTPRequestHandler HTTPServer
logging: StreamHandler FileHandler Formatter
zipfile: ZipFile
csv: DictReader DictWriter
textwrap: TextWrapper
difflib: SequenceMatcher
uuid: UUID
ipaddress: IPv4Address IPv4Network IPv6Address
graphlib: TopologicalSorter
weakref: WeakKeyDictionary WeakValueDictionary WeakSet
ast: NodeVisitor NodeTransformer
heapq: heappop heappush heapify nlargest nsmallest heappushpop
numpy: ndarray
pandas: DataFrame Timestamp
pydantic: BaseModel ValidationError ConfigDict
sklearn.linear_model: LinearRegression LogisticRegression
sklearn.ensemble: RandomForestClassifier RandomForestRegressor GradientBoostingClassifier
sklearn.preprocessing: StandardScaler MinMaxScaler OneHotEncoder LabelEncoder
sklearn.pipeline: Pipeline
sklearn.cluster: KMeans
sklearn.decomposition: PCA
torch.utils.data: DataLoader
bs4: BeautifulSoup
fastapi: FastAPI HTTPException APIRouter
flask: Flask
starlette.testclient: TestClient
sqlalchemy.orm: DeclarativeBase sessionmaker
hypothesis: given
rich.console: Console
openai: OpenAI
anthropic: Anthropic
IPython: get_ipython
"""

_FUNCTIONS = """
abc: abstractmethod
ast: literal_eval
base64: b64decode b64encode urlsafe_b64decode urlsafe_b64encode
bisect: bisect bisect_left bisect_right insort
concurrent.futures: as_completed
contextlib: asynccontextmanager contextmanager nullcontext redirect_stderr redirect_stdout suppress
copy: copy deepcopy
dataclasses: asdict astuple dataclass field is_dataclass
datetime: date datetime timezone
functools: cached_property cmp_to_key lru_cache partial partialmethod reduce singledispatch total_ordering wraps
getpass: getpass
glob: glob iglob
hashlib: md5 sha1 sha256 sha512
importlib: import_module
inspect: getsource isclass iscoroutinefunction isfunction
itertools: accumulate chain combinations combinations_with_replacement dropwhile filterfalse groupby islice
 pairwise permutations product starmap takewhile tee zip_longest
logging: getLogger basicConfig
math: factorial gcd hypot isclose lcm log10 log2 radians sqrt
operator: attrgetter itemgetter methodcaller
os.path: basename dirname expanduser isdir isfile splitext
pprint: pformat pprint
random: randint random randrange
shlex: quote
shutil: copyfile copytree rmtree
statistics: fmean stdev
subprocess: check_call check_output
tempfile: gettempdir mkdtemp mkstemp
textwrap: dedent
time: monotonic perf_counter process_time sleep strftime
traceback: format_exc print_exc
typing: cast get_args get_origin get_type_hints overload runtime_checkable
urllib.parse: parse_qs quote quote_plus unquote urlencode urljoin urlparse urlsplit urlunparse
urllib.request: urlopen urlretrieve
uuid: uuid1 uuid4
warnings: filterwarnings
sklearn.model_selection: train_test_split cross_val_score GridSearchCV
sklearn.metrics: accuracy_score mean_squared_error confusion_matrix classification_report
sqlalchemy: create_engine
tqdm: tqdm
"""

# Of these nobody can tell which of several is meant: said, never imported.
_EITHER = {
    "Image": ("from PIL import Image", "from IPython.display import Image"),
    "Queue": ("from queue import Queue", "from asyncio import Queue", "from multiprocessing import Queue"),
    "Lock": ("from threading import Lock", "from asyncio import Lock"),
    "Event": ("from threading import Event", "from asyncio import Event"),
    "Process": ("from multiprocessing import Process", "from psutil import Process"),
    "Session": ("from requests import Session", "from sqlalchemy.orm import Session"),
    "Field": ("from pydantic import Field", "from dataclasses import Field"),
    "Table": ("from sqlalchemy import Table", "from rich.table import Table"),
    "Mock": ("from unittest.mock import Mock",),
    "Element": ("from xml.etree.ElementTree import Element",),
    "Series": ("from pandas import Series", "from polars import Series"),
    "Figure": ("from matplotlib.figure import Figure", "from plotly.graph_objects import Figure"),
    "array": ("from numpy import array", "from array import array"),
    "mean": ("from statistics import mean", "from numpy import mean"),
    "median": ("from statistics import median", "from numpy import median"),
    "log": ("from math import log", "from numpy import log"),
    "exp": ("from math import exp", "from numpy import exp"),
    "pi": ("from math import pi", "from numpy import pi"),
    "sin": ("from math import sin", "from numpy import sin"),
    "cos": ("from math import cos", "from numpy import cos"),
    "ceil": ("from math import ceil", "from numpy import ceil"),
    "floor": ("from math import floor", "from numpy import floor"),
    "prod": ("from math import prod", "from numpy import prod"),
    "dumps": ("from json import dumps", "from pickle import dumps"),
    "loads": ("from json import loads", "from pickle import loads"),
    "choice": ("from random import choice", "from numpy.random import choice"),
    "sample": ("from random import sample",),
    "time": ("from time import time", "from datetime import time"),
    "nn": ("from torch import nn", "from flax import linen as nn"),
    "F": ("import torch.nn.functional as F",),
    "go": ("import plotly.graph_objects as go",),
    "escape": ("from html import escape", "from re import escape"),
    "join": ("from os.path import join",),
    "text": ("from sqlalchemy import text",),
    "select": ("from sqlalchemy import select",),
}


def candidates(name: str) -> tuple[Candidate, ...]:
    """Return every import that usually binds a name: as a module, and from modules."""
    return _TABLE.get(name, ())


def either(name: str) -> tuple[str, ...]:
    """Return the imports of which nobody can tell which a name wants, none where one can."""
    return _EITHER.get(name, ())


def is_below(dotted: str) -> bool:
    """Say whether it is a module that its package does not import by itself."""
    return dotted in _BELOW


def _read() -> dict[str, tuple[Candidate, ...]]:
    found: dict[str, tuple[Candidate, ...]] = {}

    def add(bound: str, candidate: Candidate) -> None:
        found[bound] = (*found.get(bound, ()), candidate)

    for module in _MODULES.split():
        add(module, Candidate(f"import {module}", "module", module))
    for alias, module in _ALIASES.items():
        add(alias, Candidate(f"import {module} as {alias}", "module", module))
    tables: tuple[tuple[str, Kind], ...] = ((_CLASSES, "class"), (_FUNCTIONS, "function"))
    for table, kind in tables:
        module = ""
        for line in table.strip("\n").split("\n"):
            head, colon, names = line.partition(":")
            module, names = (head, names) if colon else (module, line)
            for name in names.split():
                add(name, Candidate(f"from {module} import {name}", kind, module, name))
    return found


_TABLE = _read()
_BELOW = frozenset(_SUBMODULES.split())
