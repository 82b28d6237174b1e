from projects import cache, root, tree, write

__all__ = ["cache", "root", "tree", "write"]
