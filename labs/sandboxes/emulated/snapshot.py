"""The whole state of a sandbox as bytes, and back: one pickle of all backends, since they share references.

What moto keeps that does not pickle is named here, type by type; what all sandboxes share (AWS's managed policies, the
backends' own registry) is written as a name. Bytes are only ever read back after the gateway has verified that they are
a sandbox's own: unpickling is running code.
"""

from __future__ import annotations

import functools
import gc
import io
import marshal
import os
import pickle
import random
import signal
import socket
import sys
import threading
import types
import weakref
import zlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.ec2.models import EC2Backend
from moto.ec2.models.transit_gateway_attachments import TransitGatewayAttachmentBackend
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnectionBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.iam.models import AWSManagedPolicy
from moto.s3.models import s3_backends

from labs.sandboxes.emulated.authorization import forget
from labs.sandboxes.emulated.frames import pack
from labs.sandboxes.emulated.principals import ManagedPolicies, shared_policies
from labs.sandboxes.emulated.world import WORLD
from labs.sandboxes.jail import die_with_parent

__all__ = ["FORMAT", "dump", "load", "warm_up", "write"]

FORMAT: Final = 1  # with another number nothing is read: the journal brings the sandbox back then
_PROTOCOL: Final = pickle.HIGHEST_PROTOCOL
_DUMP_SECONDS: Final = 20
_LEVEL: Final = 1  # zlib: most of the gain for a third of the time

_VALUES: Final[Any] = type({}.values())
_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())


def dump() -> bytes:
    """Return this cell's state, compressed."""
    backends = {
        _place(each): {account: dict(regions) for account, regions in each.items()} for each in BackendDict._instances
    }
    state = {
        "format": FORMAT,
        "backends": backends,
        "bucket_accounts": dict(s3_backends.bucket_accounts),
        # The one thing about AWS's own policies that is a sandbox's: how many here wear each.
        "worn": {arn: each.attachment_count for arn, each in shared_policies().items() if each.attachment_count},
        "world": {name: getattr(WORLD, name) for name in _KEPT},
        "random": random.getstate(),
    }
    buffer = io.BytesIO()
    _Pickler(buffer, _PROTOCOL).dump(state)
    return zlib.compress(buffer.getbuffer(), _LEVEL)


def warm_up() -> None:
    """Do in the zygote what the first dump and the first load of a cell would spend their time on."""
    _Unpickler(io.BytesIO(zlib.decompress(dump()))).load()


def write(connection: int) -> None:
    """Write the state as it is now to a descriptor, from a copy of this process: the caller goes on at once.

    Like Redis' BGSAVE: the copy shares the memory as it was, and ends when it has written.
    """
    if os.fork():
        os.close(connection)
        return
    try:
        die_with_parent()
        gc.disable()
        signal.alarm(_DUMP_SECONDS)
        with socket.socket(fileno=connection) as other:
            other.sendall(pack({"format": FORMAT}, dump()))
    finally:
        os._exit(0)


def load(data: bytes) -> None:
    """Be the sandbox that dump() wrote. For a cell that has answered nothing yet. Raises ValueError for another format."""
    state = _Unpickler(io.BytesIO(zlib.decompress(data))).load()
    if state.get("format") != FORMAT:
        raise ValueError(f"a snapshot of format {state.get('format')}; this is {FORMAT}")
    for place, accounts in state["backends"].items():
        registry = _registry(place)
        for account, regions in accounts.items():
            held = registry[account]
            for region, backend in regions.items():
                dict.__setitem__(held, region, backend)
                if isinstance(backend, EC2Backend):
                    _introduce(backend)
    s3_backends.bucket_accounts.update(state["bucket_accounts"])
    for arn, count in state["worn"].items():
        shared_policies()[arn].attachment_count = count
    for name, value in state["world"].items():
        setattr(WORLD, name, value)
    random.setstate(state["random"])
    forget()


def _introduce(backend: EC2Backend) -> None:
    """Let the networks of other regions find those of this one, for peering and transit gateways."""
    for known in (
        VPCBackend.vpc_refs,
        VPCPeeringConnectionBackend.vpc_pcx_refs,
        TransitGatewayAttachmentBackend.backend_refs,
    ):
        known[EC2Backend].add(weakref.ref(backend))


_KEPT: Final = (
    "sessions",
    "assumed",
    "inbox",
    "born",
    "offset",
    "lived",
    "room",
    "works",
    "works_made",
    "function_keys",
    "members",
    "trail",
)


@functools.cache
def _registries() -> dict[str, Any]:
    """Return moto's registries of backends by where they stand: two of them may be of one service (lambda)."""
    found: dict[str, Any] = {}
    known: set[int] = set()
    for name, module in sorted(sys.modules.items()):
        if name.startswith("moto.") and name.endswith("models"):
            for attribute, value in sorted(vars(module).items()):
                if isinstance(value, BackendDict) and id(value) not in known:
                    known.add(id(value))
                    found[f"{name}:{attribute}"] = value
    return found


def _registry(place: str) -> Any:
    return _registries()[place]


def _place(registry: Any) -> str:
    return next(place for place, each in _registries().items() if each is registry)


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        """Name what is shared, so that it is neither copied nor forked from what everybody has."""
        if isinstance(obj, BackendDict):
            return ("backends", _place(obj))
        if isinstance(obj, AccountSpecificBackend):
            return ("account", _place(_owner(obj)), obj.account_id)
        if obj is shared_policies():
            return ("policies",)
        if type(obj) is AWSManagedPolicy:
            return ("policy", obj.arn)
        return None

    def reducer_override(self, obj: Any) -> Any:
        """Say how to make anew what pickle cannot."""
        kind = type(obj)
        if kind is _LOCK:
            return threading.Lock, ()
        if kind is _RLOCK:
            return threading.RLock, ()
        if kind is types.FunctionType and "<" in obj.__qualname__:
            # A lambda within a function of moto's: a defaultdict's way to make what is missing.
            held = [each.cell_contents for each in obj.__closure__ or ()]
            return _function, (marshal.dumps(obj.__code__), obj.__module__, obj.__name__, obj.__defaults__, held)
        if kind is _VALUES:
            shared = shared_policies()
            is_shared = len(obj) == len(shared) and next(iter(obj), None) is next(iter(shared.values()), obj)
            return _values, (shared if is_shared else dict(obj.mapping),)
        if kind is ManagedPolicies:
            return ManagedPolicies, (shared_policies(),), None, None, iter(dict.items(obj))
        if isinstance(obj, defaultdict) and kind is not defaultdict:
            # Its own way calls the class with a factory alone; ours asks for more.
            return _bare, (kind, obj.default_factory), vars(obj), None, iter(obj.items())
        if kind is weakref.WeakValueDictionary:
            return _weak_values, (dict(obj),)
        if isinstance(obj, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            return _private_key, (_pem(obj),)
        if isinstance(obj, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            return _public_key, (obj.public_bytes(serialization.Encoding.DER, form),)
        if isinstance(obj, x509.Certificate):
            return _certificate, (obj.public_bytes(serialization.Encoding.DER),)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        """Find what a name stands for."""
        finders: dict[str, Callable[..., Any]] = {
            "backends": _registry,
            "account": lambda place, account: _registry(place)[account],
            "policies": shared_policies,
            "policy": lambda arn: shared_policies()[arn],
        }
        return finders[pid[0]](*pid[1:])


def _function(code: bytes, module: str, name: str, defaults: Any, held: list[Any]) -> types.FunctionType:
    cells = tuple(types.CellType(each) for each in held)
    return types.FunctionType(marshal.loads(code), vars(sys.modules[module]), name, defaults, cells)  # noqa: S302


def _bare(kind: Any, factory: Any) -> Any:
    made = kind.__new__(kind)
    made.default_factory = factory
    return made


def _values(mapping: dict[Any, Any]) -> Any:
    return mapping.values()


def _weak_values(values: dict[Any, Any]) -> weakref.WeakValueDictionary[Any, Any]:
    return weakref.WeakValueDictionary(values)


def _owner(held: Any) -> Any:
    return next(each for each in _registries().values() if dict.get(each, held.account_id) is held)


def _private_key(pem: bytes) -> Any:
    # Its primes were tested when it was made; to test them again takes longer than all the rest.
    return serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)


def _public_key(der: bytes) -> Any:
    return serialization.load_der_public_key(der)


def _certificate(der: bytes) -> Any:
    return x509.load_der_x509_certificate(der)


def _pem(key: Any) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
