"""Everything true of attention: mechanisms, records of what models did, measures, views.

Torch and numpy only. Nothing here knows of Streamlit, of transformers or of any one model.
"""
