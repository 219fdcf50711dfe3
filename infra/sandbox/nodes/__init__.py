"""How each kind of node becomes files and processes: one module a kind, `plan(box, node)`."""
