"""The system does not serve: nobody behind the Service, connection refused, wrong password, no answer."""


class NotServed(Exception):
    """A sentence for a verdict; a probe judges it FAILED, a load counts it as a failed request.

    When it was the way to the server that failed, and not the server, leaving the tunnel raises `Unreachable` instead.
    """
