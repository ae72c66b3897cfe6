"""Where a widget may stand: on a page of Streamlit, or in a file and a notebook of its own."""
