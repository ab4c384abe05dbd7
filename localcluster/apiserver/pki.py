"""The cluster's certificates and tokens, as files in the state folder.

`cryptography` takes 0.2 s and 16 MB to import, so `ensure` does the work in a forked child, which ends when the files
are there.
"""

import os
import secrets
import sys
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
_ADDRESSES = ("127.0.0.1", "10.96.0.1", "169.254.1.1")
_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Files:
    """Where things lie below one state folder."""

    state_dir: Path

    @property
    def authority(self) -> Path:
        """The CA certificate."""
        return self.state_dir / "pki" / "ca.crt"

    @property
    def certificate(self) -> Path:
        """The server's certificate."""
        return self.state_dir / "pki" / "server.crt"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.state_dir / "pki" / "server.key"

    @property
    def signing_key(self) -> Path:
        """The secret that signs service-account tokens."""
        return self.state_dir / "pki" / "service-account.key"

    @property
    def admin_token(self) -> Path:
        """The administrator's bearer token."""
        return self.state_dir / "admin-token"

    @property
    def kubelet_token(self) -> Path:
        """The kubelet's bearer token, in both directions."""
        return self.state_dir / "kubelet-token"


def ensure(state_dir: Path) -> int | None:
    """Begin to make what is missing; give the child's process id for `wait`, or None when all is there."""
    files = Files(state_dir)
    files.authority.parent.mkdir(parents=True, exist_ok=True)
    for path in (files.signing_key, files.admin_token, files.kubelet_token):
        if not path.exists():
            _write(path, secrets.token_hex(24).encode())
    if files.certificate.exists():
        return None
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        _make_certificates(files)
        code = 0
    except BaseException:  # noqa: BLE001 - a forked child must end here, whatever happens
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def wait(child: int | None) -> None:
    """Wait until the certificates are there; raises RuntimeError when they could not be made."""
    if child is not None and os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise RuntimeError("the certificates could not be made; the reason stands above")


def _make_certificates(files: Files) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(ca_key)
    names = [x509.DNSName(name) for name in _NAMES]
    addresses = [x509.IPAddress(IPv4Address(address)) for address in _ADDRESSES]
    builder = _builder("kube-apiserver", authority.subject, key).add_extension(
        x509.SubjectAlternativeName([*names, *addresses]), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    _write_certificate(files.authority, authority)
    _write_key(files.key, key)
    # last, as its being there says that all is there
    _write_certificate(files.certificate, _sign(builder, ca_key))


def _authority(key: "ec.EllipticCurvePrivateKey") -> "x509.Certificate":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localcluster-ca")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _builder("localcluster-ca", name, key).add_extension(usage, critical=True)
    return _sign(builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True), key)


def _builder(common_name: str, issuer: "x509.Name", key: "ec.EllipticCurvePrivateKey") -> "x509.CertificateBuilder":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks of pods and host may differ a little
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _sign(builder: "x509.CertificateBuilder", key: "ec.EllipticCurvePrivateKey") -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return builder.add_extension(issuer, critical=False).sign(key, hashes.SHA256())


def _write_certificate(path: Path, certificate: "x509.Certificate") -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    _write(path, certificate.public_bytes(Encoding.PEM), mode=0o644)


def _write_key(path: Path, key: "ec.EllipticCurvePrivateKey") -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    fresh.rename(path)
