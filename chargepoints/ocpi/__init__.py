"""How do locations and charge points come from OCPI objects, and become OCPI objects?"""
