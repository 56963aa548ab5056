"""The report as one self-contained HTML file, to be sent to whoever runs the relay.

It asks for nothing: style and pictures are inside, there is no script, and its own policy forbids both.
"""

from wnmon.report.html.page import render_html, style_source
from wnmon.report.html.run_page import render_run

__all__ = ["render_html", "render_run", "style_source"]
