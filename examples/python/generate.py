"""Makes the Python stubs of Circuit Mesh's API from its .proto files: `python generate.py <folder>`."""

import pathlib
import sys
from importlib import resources

from google.api import annotations_pb2
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def main(folder: str) -> int:
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    google = resources.files("grpc_tools") / "_proto"
    # googleapis-common-protos brings google/api/annotations.proto, installed beside its Python module.
    apis = pathlib.Path(annotations_pb2.__file__).parents[2]
    files = [str(file) for file in sorted(PROTO.rglob("*.proto"))]
    paths = [f"--proto_path={path}" for path in (PROTO, google, apis)]
    return protoc.main(["protoc", *paths, f"--python_out={out}", f"--grpc_python_out={out}", *files])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
