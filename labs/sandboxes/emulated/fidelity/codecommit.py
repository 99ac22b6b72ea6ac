"""CodeCommit: repositories with commits, branches and files.

https://docs.aws.amazon.com/codecommit/latest/APIReference/API_CreateCommit.html,
https://docs.aws.amazon.com/codecommit/latest/APIReference/API_PutFile.html
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from moto.codecommit.models import codecommit_backends

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, before
from labs.sandboxes.emulated.world import WORLD

__all__ = ["files_at", "on_commit", "repository", "tip"]

_FILE: Final = 6 << 20
_STORE: Final = 32 << 20
_listeners: list[Callable[[str, str, str, str], None]] = []


def on_commit(function: Callable[[str, str, str, str], None]) -> None:
    """Call the function with (account, region, repository, branch) after each new commit."""
    _listeners.append(function)


def repository(account: str, region: str, name: str) -> Any:
    """Return moto's repository, with what we keep in it. Raises AwsError."""
    found = codecommit_backends[account][region].repositories.get(name)
    if found is None:
        raise AwsError("RepositoryDoesNotExistException", f"{name} does not exist", 400)
    if not hasattr(found, "branches"):
        found.branches, found.commits, found.blobs = {}, {}, {}
    return found


def tip(held: Any, branch: str) -> str:
    """Return the commit that a branch stands at. Raises AwsError."""
    if branch not in held.branches:
        raise AwsError("BranchDoesNotExistException", f"Branch '{branch}' does not exist", 400)
    return str(held.branches[branch])


def files_at(held: Any, commit: str) -> dict[str, bytes]:
    """Return the files of a commit by path."""
    return {path: held.blobs[blob] for path, blob in held.commits[commit]["files"].items()}


def _at(held: Any, given: str | None) -> str:
    wanted = given or held.repository_metadata.get("defaultBranch", "")
    commit = held.branches.get(wanted.removeprefix("refs/heads/"), wanted)
    if commit not in held.commits:
        raise AwsError("CommitDoesNotExistException", f"Could not resolve commit specifier '{wanted}'", 400)
    return str(commit)


def _said(told: dict[str, Any]) -> Answer:
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, json.dumps(told).encode())


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else base64.b64decode(str(value or ""))


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _here(call: Call) -> Any:
    return repository(call.account_id, call.region, str(call.parameters.get("repositoryName", "")))


def _store(held: Any, data: bytes) -> str:
    if len(data) > _FILE:
        raise AwsError("FileContentSizeLimitExceededException", "The file is larger than 6 MB.", 400)
    if sum(map(len, held.blobs.values())) + len(data) > _STORE:
        raise AwsError(
            "FolderContentSizeLimitExceededException", "The repository of a sandbox holds at most 32 MB.", 400
        )
    ident = _blob(data)
    held.blobs[ident] = data
    return ident


def _commit(call: Call, held: Any, files: dict[str, str]) -> str:
    """Let the branch stand at a new commit of these files. Raises AwsError."""
    given = call.parameters
    branch, parent = str(given["branchName"]), given.get("parentCommitId")
    current = held.branches.get(branch)
    if current is None and held.branches and not parent:
        raise AwsError("BranchDoesNotExistException", f"Branch '{branch}' does not exist", 400)
    if current is not None and not parent:
        raise AwsError("ParentCommitIdRequiredException", "A parent commit ID is required.", 400)
    if parent and parent not in held.commits:
        raise AwsError("ParentCommitDoesNotExistException", f"The parent commit {parent} does not exist.", 400)
    if current is not None and parent != current:
        message = f"The parent commit ID is not the latest commit ID of the branch: {current}"
        raise AwsError("ParentCommitIdOutdatedException", message, 400)
    if parent and files == held.commits[parent]["files"]:
        raise AwsError("NoChangeException", "The commit would make no change to the repository.", 400)
    name = str(given.get("name") or given.get("authorName") or call.principal.rpartition("/")[2])
    who = {"name": name, "email": str(given.get("email", "")), "date": f"{int(WORLD.at)} +0000"}
    made = {
        "parents": [parent] if parent else [],
        "files": files,
        "message": str(given.get("commitMessage", "")),
        "author": who,
        "treeId": hashlib.sha1(json.dumps(sorted(files.items())).encode(), usedforsecurity=False).hexdigest(),
    }
    ident = hashlib.sha1(json.dumps(made, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    held.commits[ident], held.branches[branch] = made, ident
    held.repository_metadata.setdefault("defaultBranch", branch)
    for listener in _listeners:
        listener(call.account_id, call.region, str(given["repositoryName"]), branch)
    return ident


def _files_before(call: Call, held: Any) -> dict[str, str]:
    parent = call.parameters.get("parentCommitId") or held.branches.get(str(call.parameters.get("branchName")))
    return dict(held.commits[parent]["files"]) if parent in held.commits else {}


@before("codecommit", "PutFile")
def put_file(call: Call) -> Answer:
    """Commit one file."""
    held, path = _here(call), str(call.parameters.get("filePath", "")).strip("/")
    if not path:
        raise AwsError("PathRequiredException", "A file path is required.", 400)
    files, blob = _files_before(call, held), _store(held, _bytes(call.parameters.get("fileContent")))
    if files.get(path) == blob:
        raise AwsError("SameFileContentException", "The file content is the same as in the branch.", 400)
    files[path] = blob
    commit = _commit(call, held, files)
    return _said({"commitId": commit, "blobId": blob, "treeId": held.commits[commit]["treeId"]})


@before("codecommit", "CreateCommit")
def create_commit(call: Call) -> Answer:
    """Commit files that are put and deleted together."""
    held, given = _here(call), call.parameters
    files, added, deleted = _files_before(call, held), [], []
    for each in given.get("putFiles") or []:
        path, data = str(each["filePath"]).strip("/"), _bytes(each.get("fileContent"))
        files[path] = _store(held, data)
        added.append({"absolutePath": path, "blobId": files[path], "fileMode": each.get("fileMode", "NORMAL")})
    for each in given.get("deleteFiles") or []:
        path = str(each["filePath"]).strip("/")
        if path not in files:
            raise AwsError("FileDoesNotExistException", f"The file {path} does not exist.", 400)
        deleted.append({"absolutePath": path, "blobId": files.pop(path), "fileMode": "NORMAL"})
    if not added and not deleted:
        raise AwsError("FileEntryRequiredException", "The commit cannot be empty.", 400)
    commit = _commit(call, held, files)
    told = {"commitId": commit, "treeId": held.commits[commit]["treeId"]}
    return _said({**told, "filesAdded": added, "filesUpdated": [], "filesDeleted": deleted})


@before("codecommit", "DeleteFile")
def delete_file(call: Call) -> Answer:
    """Commit the lack of a file."""
    held, path = _here(call), str(call.parameters.get("filePath", "")).strip("/")
    files = _files_before(call, held)
    if path not in files:
        raise AwsError("FileDoesNotExistException", f"The file {path} does not exist.", 400)
    blob = files.pop(path)
    commit = _commit(call, held, files)
    return _said({"commitId": commit, "blobId": blob, "treeId": held.commits[commit]["treeId"], "filePath": path})


@before("codecommit", "GetFile")
def get_file(call: Call) -> Answer:
    """Show a file of a commit or branch."""
    held, path = _here(call), str(call.parameters.get("filePath", "")).strip("/")
    commit = _at(held, call.parameters.get("commitSpecifier"))
    blob = held.commits[commit]["files"].get(path)
    if blob is None:
        raise AwsError("FileDoesNotExistException", f"The file {path} does not exist.", 400)
    data = held.blobs[blob]
    told = {"commitId": commit, "blobId": blob, "filePath": path, "fileMode": "NORMAL", "fileSize": len(data)}
    return _said({**told, "fileContent": base64.b64encode(data).decode()})


@before("codecommit", "GetFolder")
def get_folder(call: Call) -> Answer:
    """List what is right in a folder of a commit or branch."""
    held, folder = _here(call), str(call.parameters.get("folderPath", "")).strip("/")
    commit = _at(held, call.parameters.get("commitSpecifier"))
    files, folders = [], set()
    for path, blob in held.commits[commit]["files"].items():
        if folder and not path.startswith(folder + "/"):
            continue
        rest = path[len(folder) :].lstrip("/")
        if "/" in rest:
            folders.add(rest.partition("/")[0])
        else:
            files.append({"blobId": blob, "absolutePath": path, "relativePath": rest, "fileMode": "NORMAL"})
    below = [
        {"treeId": _blob(each.encode()), "absolutePath": f"{folder}/{each}".strip("/"), "relativePath": each}
        for each in sorted(folders)
    ]
    told = {"commitId": commit, "folderPath": folder, "treeId": held.commits[commit]["treeId"]}
    return _said({**told, "files": files, "subFolders": below, "symbolicLinks": [], "subModules": []})


@before("codecommit", "GetCommit")
def get_commit(call: Call) -> Answer:
    """Show a commit."""
    held = _here(call)
    ident = _at(held, call.parameters.get("commitId"))
    made = held.commits[ident]
    told = {"commitId": ident, "treeId": made["treeId"], "parents": made["parents"], "message": made["message"]}
    return _said({"commit": {**told, "author": made["author"], "committer": made["author"], "additionalData": ""}})


@before("codecommit", "GetBranch")
def get_branch(call: Call) -> Answer:
    """Show where a branch stands."""
    held, name = _here(call), str(call.parameters.get("branchName") or "")
    return _said({"branch": {"branchName": name, "commitId": tip(held, name)}})


@before("codecommit", "ListBranches")
def list_branches(call: Call) -> Answer:
    """List the branches."""
    return _said({"branches": sorted(_here(call).branches)})


@before("codecommit", "CreateBranch")
def create_branch(call: Call) -> Answer:
    """Make a branch at a commit."""
    held, name, commit = _here(call), str(call.parameters["branchName"]), call.parameters.get("commitId")
    if name in held.branches:
        raise AwsError("BranchNameExistsException", f"The branch {name} already exists.", 400)
    if commit not in held.commits:
        raise AwsError("CommitDoesNotExistException", f"The commit {commit} does not exist.", 400)
    held.branches[name] = commit
    return _said({})


@before("codecommit", "DeleteBranch")
def delete_branch(call: Call) -> Answer:
    """Take a branch away, the default one excepted."""
    held, name = _here(call), str(call.parameters["branchName"])
    if name == held.repository_metadata.get("defaultBranch"):
        message = f"The branch {name} is the default branch for the repository and cannot be deleted."
        raise AwsError("DefaultBranchCannotBeDeletedException", message, 400)
    commit = held.branches.pop(name, None)
    return _said({"deletedBranch": {"branchName": name, "commitId": commit}} if commit else {})


@before("codecommit", "UpdateDefaultBranch")
def update_default_branch(call: Call) -> Answer:
    """Let another branch be the default one."""
    held, name = _here(call), str(call.parameters["defaultBranchName"])
    tip(held, name)
    held.repository_metadata["defaultBranch"] = name
    return _said({})


@before("codecommit", "ListRepositories")
def list_repositories(call: Call) -> Answer:
    """List the repositories of the region."""
    found = [
        each.repository_metadata for each in codecommit_backends[call.account_id][call.region].repositories.values()
    ]
    return _said(
        {"repositories": [{name: each[name] for name in ("repositoryName", "repositoryId")} for each in found]}
    )
