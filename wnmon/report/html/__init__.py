"""The report as one self-contained HTML file, to be sent to whoever runs the relay.

It asks for nothing: style and pictures are inside, there is no script, and its own policy forbids both.
"""

from wnmon.report.html.page import render_html

__all__ = ["render_html"]
