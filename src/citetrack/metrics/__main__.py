"""``python -m citetrack.metrics`` prints the page of all metrics, `docs/metrics.md`."""

import sys

from citetrack.metrics.page import metrics_page

if __name__ == "__main__":
    sys.stdout.buffer.write(metrics_page().encode())  # UTF-8 and bare newlines on every system
