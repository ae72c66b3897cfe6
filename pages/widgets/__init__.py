"""Browser widgets that draw attention: what people look at, point at and choose from.

A folder a widget: its command in Python, `widget.js` (gestures), `drawing.js` (places and strokes),
`style.css`, and their tests. `shared/` is what all of them stand on, `hosts/` where they may stand:
on a page of the app, or in a file and a notebook without it.
"""
