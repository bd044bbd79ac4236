"""Serves the provider to Terraform.

Terraform starts a provider as a child process, reads one line from it (the handshake of go-plugin,
https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md), and calls it by gRPC over a
Unix socket. The package tf implements the protocol. Its runner is not used: it stores a private key
in the user's home folder, exits at a Ctrl-C that Terraform handles itself, rejects messages of more
than 4 MB, and keeps running after Terraform was killed.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

# A public constant: Terraform sets it, so that a provider started by hand can explain itself.
MAGIC_COOKIE = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
)
PARENT = "PLANPROOF_PROVIDER_PARENT"  # Terraform's process id, from the launcher of mirror.py
ORPHAN_CHECK_SECONDS = 0.5
SHUTDOWN_SECONDS = 1.0  # Terraform kills a provider that takes more than 2
MESSAGE_BYTES = 256 << 20  # as in HashiCorp's own provider framework
SOCKET_FOLDER_BYTES = 60  # the path of a socket has at most about 100


def main(servicer: Callable[[], Any] | None = None) -> int:
    """Serve until Terraform shuts the provider down or exits; return the exit code.

    Args:
        servicer: makes the gRPC service; that of hashicorp/archive unless given.
    """
    name, value = MAGIC_COOKIE
    if os.environ.get(name) != value:
        print(
            "This is a Terraform provider of planproof. "
            "Terraform starts it; it cannot be run by hand.",
            file=sys.stderr,
        )
        return 1
    parent = int(os.environ.get(PARENT) or os.getppid())
    stop = threading.Event()
    # Ctrl-C reaches the whole process group; Terraform handles it and shuts the provider down.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    default = tempfile.gettempdir()
    short = default if len(os.fsencode(default)) <= SOCKET_FOLDER_BYTES else "/tmp"  # noqa: S108
    folder = tempfile.mkdtemp(prefix="tf-archive-", dir=short)
    try:
        server = _start(f"{folder}/provider.sock", stop, servicer)
        while not stop.wait(ORPHAN_CHECK_SECONDS) and os.getppid() == parent:
            pass
        server.stop(SHUTDOWN_SECONDS).wait(SHUTDOWN_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _start(socket: str, stop: threading.Event, servicer: Callable[[], Any] | None) -> Any:
    import grpc  # type: ignore[import-untyped]
    from tf.gen import grpc_controller_pb2, grpc_controller_pb2_grpc, grpc_stdio_pb2_grpc
    from tf.gen.tfplugin_pb2_grpc import add_ProviderServicer_to_server

    if servicer is None:
        from planproof.terraform.archive_provider import servicer as archive

        servicer = archive.servicer

    class Controller:
        def Shutdown(self, request: Any, context: Any) -> Any:  # noqa: N802
            stop.set()
            return grpc_controller_pb2.Empty()

    class Stdio:
        def StreamStdio(self, request: Any, context: Any) -> Any:  # noqa: N802
            return iter(())

    limits = ("grpc.max_receive_message_length", "grpc.max_send_message_length")
    server = grpc.server(
        ThreadPoolExecutor(max_workers=10), options=[(limit, MESSAGE_BYTES) for limit in limits]
    )
    add_ProviderServicer_to_server(servicer(), server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(Controller(), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(Stdio(), server)
    key, certificate, der = _certificate()
    server.add_secure_port(f"unix:{socket}", grpc.ssl_server_credentials([(key, certificate)]))
    server.start()
    print(f"1|6|unix|{socket}|grpc|{base64.b64encode(der).decode().rstrip('=')}", flush=True)
    return server


def _certificate() -> tuple[bytes, bytes, bytes]:
    """Return a key and its certificate for localhost, both PEM, and the certificate as DER.

    They are created at every start, so that no key is stored; an elliptic key takes a millisecond.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
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
    encoding = serialization.Encoding
    private = key.private_bytes(
        encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(encoding.PEM), certificate.public_bytes(encoding.DER)
