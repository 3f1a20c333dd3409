"""How do tariffs come from OCPI objects, and become OCPI objects?"""
