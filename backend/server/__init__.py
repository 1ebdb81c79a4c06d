"""How bytes come in: one native server, one portable one, behind the same port."""
