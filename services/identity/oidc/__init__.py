"""The OpenID Provider: Authlib as a pure core without I/O, inside an asynchronous shell of ours.

Parse, load what the grant needs, run the grant, commit with compare-and-set, render.
"""
