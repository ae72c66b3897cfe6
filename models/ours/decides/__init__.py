"""The picture decides: English words with several senses, translated as a picture shows them.

Multimodal translation into French and Chinese (Calixto, Liu & Campbell 2017), trained here on
sentences of our own and drawings of the Noto emoji.
"""
