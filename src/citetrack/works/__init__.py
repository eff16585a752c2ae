"""Which records are one work. Pure: it derives, and never stores."""
