"""Words and drawings: a small CLIP of emoji and of what they are called in three languages.

Two towers (Radford et al. 2021) that never see each other, trained here on drawings of the Noto
emoji and on their names in the Unicode CLDR: English, French, Chinese.
"""
