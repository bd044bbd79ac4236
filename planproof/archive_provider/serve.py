"""How does Terraform reach the provider, and when does the provider end?

Terraform starts a provider as its child, reads one line from it (the go-plugin handshake,
https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md), and talks gRPC with it over a
Unix socket. The package tf translates the protocol; its own runner is not used, since it keeps a
private key in the user's home, ends at the first Ctrl-C that Terraform itself survives, and
outlives a Terraform that was killed.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

# The value is public and fixed: Terraform sets it so that no provider is run by hand.
MAGIC_COOKIE = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
)
PARENT = "PLANPROOF_PROVIDER_PARENT"  # process id of Terraform, from the launcher of mirror.py
ORPHAN_CHECK_SECONDS = 0.5
SHUTDOWN_SECONDS = 1.0  # Terraform kills a provider that takes more than 2


def main() -> int:
    """Serve until Terraform says goodbye or is gone; return the exit code."""
    name, value = MAGIC_COOKIE
    if os.environ.get(name) != value:
        print(
            "This is a Terraform provider (a stand-in for hashicorp/archive). "
            "Terraform starts it; there is nothing to run by hand.",
            file=sys.stderr,
        )
        return 1
    # Ctrl-C reaches the whole process group, and it is Terraform that decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = int(os.environ.get(PARENT) or os.getppid())
    # Not tempfile's default folder if that is deep: a socket's path holds about 100 characters.
    base = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="tf-archive-", dir=base if len(base) < 60 else "/tmp")
    try:
        stop = threading.Event()
        server = _start(f"{folder}/provider.sock", stop)
        while not stop.wait(ORPHAN_CHECK_SECONDS):
            if os.getppid() != parent:
                break
        server.stop(SHUTDOWN_SECONDS).wait(SHUTDOWN_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _start(socket: str, stop: threading.Event) -> Any:
    import grpc
    from tf.gen import grpc_controller_pb2, grpc_controller_pb2_grpc, grpc_stdio_pb2_grpc
    from tf.gen.tfplugin_pb2_grpc import add_ProviderServicer_to_server
    from tf.provider import ProviderServicer

    from planproof.archive_provider.provider import ArchiveProvider

    class Controller(grpc_controller_pb2_grpc.GRPCControllerServicer):
        def Shutdown(self, request: Any, context: Any) -> Any:
            stop.set()
            return grpc_controller_pb2.Empty()

    class Stdio(grpc_stdio_pb2_grpc.GRPCStdioServicer):
        def StreamStdio(self, request: Any, context: Any) -> Any:
            return iter(())

    server = grpc.server(ThreadPoolExecutor(max_workers=10))
    add_ProviderServicer_to_server(ProviderServicer(ArchiveProvider()), server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(Controller(), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(Stdio(), server)
    key, certificate, der = _certificate()
    server.add_secure_port(f"unix:{socket}", grpc.ssl_server_credentials([(key, certificate)]))
    server.start()
    fingerprint = base64.b64encode(der).decode().rstrip("=")
    print(f"1|6|unix|{socket}|grpc|{fingerprint}", flush=True)
    return server


def _certificate() -> tuple[bytes, bytes, bytes]:
    """Return a key, its certificate for localhost (both PEM), and the certificate as DER.

    Made anew at every start, so that no private key is ever kept: an elliptic one takes less
    than a millisecond.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (
        pem,
        certificate.public_bytes(serialization.Encoding.PEM),
        certificate.public_bytes(serialization.Encoding.DER),
    )
