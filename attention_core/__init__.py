"""Everything true of attention: mechanisms, records of what models did, measures, views.

In torch and numpy, with Plotly for figures and SciPy for one algorithm. Nothing here knows of
Streamlit, of transformers or of any one model.
"""
