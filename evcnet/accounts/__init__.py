"""How does a login prove who they are: password, second factor, invitation, and again before what is dangerous?"""
