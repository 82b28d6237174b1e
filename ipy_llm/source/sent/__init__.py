"""Reading what a model sent: slips, patches of other tools, code at any indentation."""
