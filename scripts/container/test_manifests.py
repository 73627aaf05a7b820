"""What of deploy/ no engine starts here: the Kubernetes manifests against the schemas of the API, the unit against systemd, and what the
seccomp profile leaves out. kustomize is not run: what it would put together is read as it stands."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from engine import ROOT

BASE = ROOT / "deploy/kubernetes/base"
KUSTOMIZATION = yaml.safe_load((BASE / "kustomization.yaml").read_text())
# Calls that no part of MCPbox makes and that a broken-out process would like to have.
NEVER = {
    "add_key", "bpf", "delete_module", "fanotify_init", "finit_module", "init_module", "io_uring_setup", "kexec_load", "keyctl",
    "move_mount", "open_by_handle_at", "open_tree", "perf_event_open", "personality", "process_vm_readv", "process_vm_writev", "ptrace",
    "quotactl", "reboot", "request_key", "setns", "swapon", "syslog", "userfaultfd",
}  # fmt: skip


def documents() -> list[dict[str, Any]]:
    texts = [(BASE / name).read_text() for name in KUSTOMIZATION["resources"]]
    return [document for text in texts for document in yaml.safe_load_all(text)]


def pods() -> dict[str, dict[str, Any]]:
    return {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in documents() if "template" in item.get("spec", {})}


@pytest.mark.parametrize("version", ["1.31", "1.35"])
def test_every_manifest_is_what_the_api_takes(version: str) -> None:
    assert {document["kind"] for document in documents()} >= {"Deployment", "StatefulSet", "Service", "NetworkPolicy", "Namespace"}
    for document in documents():
        kubernetes_validate.validate(document, version, strict=True)


def test_every_file_is_listed_and_every_name_leads_somewhere() -> None:
    assert set(KUSTOMIZATION["resources"]) == {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}
    secrets = {item["name"] for item in KUSTOMIZATION["secretGenerator"]}
    maps = {item["name"] for item in KUSTOMIZATION["configMapGenerator"]}
    names = {(item["kind"], item["metadata"]["name"]) for item in documents()}
    for name, pod in pods().items():
        (container,) = pod["containers"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert {volume["secret"]["secretName"] for volume in volumes.values() if "secret" in volume} <= secrets, name
        assert {source["configMapRef"]["name"] for source in container.get("envFrom", [])} <= maps, name
        assert {mount["name"] for mount in container["volumeMounts"]} - set(volumes) <= {"data"}, name
    settings = dict(line.split("=", 1) for line in (BASE / "server.env").read_text().split())
    workers = next(item for item in documents() if item["metadata"]["name"] == "sandbox")["spec"]["replicas"]
    assert settings["MCPBOX_SANDBOX_URL"].split(",") == [f"http://sandbox-{number}.sandbox:8001" for number in range(workers)]
    assert ("Service", "sandbox") in names and ("Service", "mcp") in names and settings["MCPBOX_MCP_URL"].startswith("http://mcp.mcpbox:")
    known = (ROOT / "crates/mcpbox/src/config/setting.rs").read_text()
    for setting in settings:
        assert f'"{setting}"' in known, f"{setting} is no setting"


def test_every_pod_is_locked_down_and_a_worker_has_no_server_secret() -> None:
    assert set(pods()) == {"admin", "gateway", "sandbox", "postgres"}
    for name, pod in pods().items():
        assert pod["automountServiceAccountToken"] is False and pod["securityContext"]["runAsNonRoot"] is True, name
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] is True and rights["allowPrivilegeEscalation"] is False, name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
    worker = yaml.safe_dump(pods()["sandbox"])
    for word in ("database", "encryption", "postgres", "secretName: server", "configMapRef"):
        assert word not in worker, word
    for text in (ROOT / "deploy/kubernetes/tier-1/kustomization.yaml").read_text().split("path: ")[1:]:
        found: Any = next(item for item in documents() if item["metadata"]["name"] == "sandbox")
        for part in text.split()[0].strip("/").split("/"):
            found = found[int(part)] if part.isdigit() else found[part]
        assert found, text


def test_the_unit_is_one_that_systemd_takes_and_finds_tight(tmp_path: Path) -> None:
    text = (ROOT / "deploy/systemd/mcpbox.service").read_text()
    for line in ("DynamicUser=yes", "Delegate=yes", "LoadCredential=mcpbox.key:/etc/mcpbox/encryption.key", "NoNewPrivileges=yes"):
        assert f"\n{line}\n" in text, line
    unit = tmp_path / "mcpbox.service"
    unit.write_text(text.replace("/usr/local/bin/mcpbox", "/bin/true"))
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    complaints = [line for line in verified.stderr.splitlines() if "mcpbox.service" in line]
    assert verified.returncode == 0 and not complaints, verified.stderr
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(unit)], capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stdout[-300:] + judged.stderr


def test_the_unit_leaves_the_sandbox_the_calls_that_it_makes_its_layers_of() -> None:
    text = (ROOT / "deploy/systemd/mcpbox.service").read_text()
    allowed = {word for line in re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE) for word in line.split()}
    assert "@mount" in allowed
    known = subprocess.run(["systemd-analyze", "syscall-filter", "@mount"], capture_output=True, text=True, check=True).stdout.split()
    profile = json.loads((ROOT / "deploy/seccomp.json").read_text())["syscalls"]
    layers = {name for group in profile if group["comment"].startswith(("Tier 1", "The sandbox's own")) for name in group["names"]}
    assert not layers - allowed - set(known), "a service could not set up its jails"


def test_the_seccomp_profile_is_an_allow_list_with_reasons() -> None:
    profile = json.loads((ROOT / "deploy/seccomp.json").read_text())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    names = [name for group in profile["syscalls"] if "args" not in group for name in group["names"]]
    assert len(names) == len(set(names)) and not NEVER & set(names), NEVER & set(names)
    assert all(group["comment"] and group["action"] == "SCMP_ACT_ALLOW" for group in profile["syscalls"])
    (tier_1,) = [group["names"] for group in profile["syscalls"] if group["comment"].startswith("Tier 1")]
    families = {group["args"][0]["value"] for group in profile["syscalls"] if group["names"] == ["socket"]}
    assert families == {1, 2, 10, 16}, "AF_UNIX, AF_INET, AF_INET6, AF_NETLINK"
    told = (ROOT / "docs/guides/sandbox.md").read_text()
    assert all(re.search(rf"`{name}`", told) for name in tier_1), tier_1
