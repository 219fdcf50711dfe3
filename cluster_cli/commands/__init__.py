"""The commands of swapctl: parse, call, render."""
