"""How fast does the running graph answer each injected fault?"""
