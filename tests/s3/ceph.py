"""A real S3 server for tests: Ceph with one monitor, one object store in memory and two gateways, on the loopback.

One gateway is for ordinary tests, the other (same users, same buckets) for tests that pause or stop it.
Debian's packages `ceph-mon ceph-osd radosgw ceph-common` hold all that is needed.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING

from .client import Client
from .processes import PATIENCE, CephError, daemon, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
KEY = "LAKECATTESTKEY"
SECRET = "canary+SECRET/do=not-show"  # with the letters that URLs and XML escape
REGION = "us-east-1"

# No authentication within the cluster, one copy of everything, nothing on disk but the monitor's small database.
# Without the gateways' cache they tell each other nothing: a paused gateway cannot hold up the other one.
SETTINGS = """\
[global]
fsid = {fsid}
mon host = [v1:127.0.0.1:{mon_port}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
paxos propose interval = 0.05
paxos min wait = 0.01
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
[client]
rgw data = {folder}/rgw
rgw dns name = localhost
debug ms = 0/0
debug rgw = 0/0
debug objecter = 0/0
debug rados = 0/0
rgw cache enabled = false
"""


class Gateway:
    """One radosgw: an S3 endpoint that can be stopped, started, paused and resumed.

    Args:
        name: A name within the cluster.
        folder: The cluster's folder, with `ceph.conf`.
    """

    key = KEY
    secret = SECRET
    region = REGION

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    def options(self, **changes: str) -> dict[str, str]:
        """Return storage options that deltalake and Polars both understand, with changes."""
        return {
            "aws_endpoint_url": self.endpoint,
            "aws_access_key_id": self.key,
            "aws_secret_access_key": self.secret,
            "aws_region": self.region,
            "aws_allow_http": "true",
            **changes,
        }

    def bucket(self) -> str:
        """Make a bucket and return its name, which no other test has."""
        name = f"b-{uuid.uuid4().hex[:12]}"
        self.client.make_bucket(name)
        return name

    @property
    def client(self) -> Client:
        """Requests to this gateway that prepare and damage buckets."""
        return Client(endpoint=self.endpoint, key=self.key, secret=self.secret, region=self.region)

    def start(self) -> None:
        """Start the gateway if it does not run, and wait until it answers."""
        if self._process is not None:
            return
        frontends = f"--rgw_frontends=beast endpoint=127.0.0.1:{self.port} tcp_nodelay=1"
        self._process = daemon(self.folder, "radosgw", "-n", f"client.{self.name}", frontends)
        wait_until(self._answers, f"the gateway {self.name}", self._process)

    def stop(self) -> None:
        """End the gateway at once, paused or not; its port then refuses connections."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def pause(self) -> None:
        """Let the gateway do nothing: connections are accepted by the kernel, and no request is answered."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused gateway go on."""
        self._running().send_signal(signal.SIGCONT)

    def recover(self) -> None:
        """Bring the gateway back from whatever was done to it."""
        if self._process is not None:
            self.resume()
        self.start()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise CephError(f"the gateway {self.name} does not run")
        return self._process

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.endpoint, timeout=2):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False


class Ceph:
    """A cluster in a folder: `start` brings it up, `stop` ends exactly the processes that `start` began.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.main = Gateway("main", folder)
        self.faults = Gateway("faults", folder)
        self._daemons: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start everything and wait until both gateways answer.

        Raises:
            CephError: Something does not start; the end of what it wrote is in the message.
        """
        try:
            self._start_cluster()
            self.main.start()
            user = ("--uid=test", "--display-name=test", f"--access-key={KEY}", f"--secret-key={SECRET}")
            self._run("radosgw-admin", "user", "create", *user)
            self.faults.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything; the data are in memory and go with it."""
        self.faults.stop()
        self.main.stop()
        for process in reversed(self._daemons):
            process.kill()
        while self._daemons:
            self._daemons.pop().wait(PATIENCE)

    def _start_cluster(self) -> None:
        folder, port, fsid = self.folder, free_port(), str(uuid.uuid4())
        for name in ("mon", "osd", "rgw"):
            (folder / name).mkdir()
        settings = SETTINGS.format(folder=folder, fsid=fsid, mon_port=port)
        (folder / "ceph.conf").write_text(settings, encoding="utf-8")
        address, monmap = f"[v1:127.0.0.1:{port}]", str(folder / "monmap")
        self._run("monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self._daemons.append(daemon(folder, "ceph-mon", "-i", "a"))
        osd = str(uuid.uuid4())
        # It waits for the monitor by itself.
        self._run("ceph", "--connect-timeout", "30", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._start_store()

    def _start_store(self) -> None:
        """Start the object store; where a busy monitor does not know it yet, it ends, and is begun anew."""
        for _ in range(20):
            store = daemon(self.folder, "ceph-osd", "-i", "0")
            self._daemons.append(store)
            try:
                wait_until(self._store_is_up, "the object store", store)
            except CephError:
                if store.poll() is None:
                    raise
                self._daemons.remove(store)
            else:
                return
        raise CephError(f"the object store does not start: {self._written('ceph-osd')}")

    def _store_is_up(self) -> bool:
        return '"num_up_osds":1' in self._run("ceph", "--connect-timeout", "30", "osd", "stat", "--format=json")

    def _written(self, program: str) -> str:
        return (self.folder / f"{program}.out").read_text(encoding="utf-8", errors="replace")[-2000:]

    def _run(self, *command: str) -> str:
        try:
            done = subprocess.run(
                [command[0], "-c", str(self.folder / "ceph.conf"), *command[1:]],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=PATIENCE,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise CephError(f"{command[0]} failed: {error.stderr[-2000:]}") from None
        return done.stdout


def missing_programs(programs: Sequence[str] = PROGRAMS) -> list[str]:
    """Return those of Ceph's programs that are not on the PATH."""
    return [name for name in programs if shutil.which(name) is None]
