"""The settings by which every SQL step finds its server and logs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from runner.access.not_served import NotServed
from runner.access.postgres import Login, rows_of, sentence, session
from runner.access.service import Backend, backends

if TYPE_CHECKING:
    from runner.core.target import Cluster


class SqlFields(BaseModel):
    """Where PostgreSQL is and who asks."""

    service: str = Field(
        default="", description="Service whose Endpoints lead to the server's pod; a leader's Service to the leader."
    )
    port: int | str | None = Field(
        default=None, description="Number or name of the Endpoints' port; default: the first."
    )
    namespace: str | None = Field(default=None, description="Namespace of the Service; default: the target's.")
    database: str = Field(description="Name of the database.")
    user: str = Field(description="Who logs in.")
    password: str = Field(default="", repr=False, description='Password, from a secret: "{{ secrets.db_password }}".')

    @property
    def login(self) -> Login:
        """Database, user and password."""
        return Login(self.database, self.user, self.password)

    async def leader(self, cluster: Cluster) -> Backend:
        """The pod behind the Service now; the first one when there are several."""
        return (await backends(cluster, self.service, self.port, self.namespace))[0]

    async def ask(
        self, cluster: Cluster, backend: Backend, query: str, params: Any = None, *, timeout: float
    ) -> list[dict[str, Any]]:
        """The rows of one statement, asked of one pod; `timeout` in seconds, for connecting and for the answer each.

        Raises:
            NotServed: no connection, no answer in time, or the server's error, in its own words.
            Unreachable: the way to the pod is broken.

        """
        import psycopg

        async with session(cluster, backend, self.login, timeout=timeout) as connection:
            try:
                return await rows_of(connection, query, params, timeout=timeout)
            except psycopg.Error as error:
                raise NotServed(f"PostgreSQL in {backend.pod}: {sentence(error)}") from error
            except TimeoutError:
                raise NotServed(f"PostgreSQL in {backend.pod} gave no answer within {timeout:g} s") from None
