"""How gunicorn serves the shop: one process with a few threads, light enough for twenty pods on two cores."""

wsgi_app = "shop.wsgi"
bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = 1
threads = 4
preload_app = True  # the worker is a fork of a loaded master: half the memory, and a dead worker is back at once
timeout = 30
graceful_timeout = 5
keepalive = 5
worker_tmp_dir = "/tmp"
control_socket_disable = True
