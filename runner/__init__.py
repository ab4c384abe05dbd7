"""The drill runner whose green can be believed."""

__version__ = "0.1.0"
