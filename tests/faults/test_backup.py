"""A backup made by command beside a busy server, restored by command, served again."""

from __future__ import annotations

import copy
import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.kills.killing import Kills, Ledger
from harness.kills.serving import Client, create_shared, look
from harness.servers import running_server, visavis


def test_a_backup_beside_a_busy_server_holds_what_was_acknowledged_before(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "restored" / "data").mkdir(parents=True)
    archive, noting = tmp_path / "backup.tar", threading.Lock()
    ledger = Ledger(Kills())
    with running_server(tmp_path / "served") as server, ThreadPoolExecutor(3) as pool:
        keys = server.create_app("app")
        create_shared(server, keys)
        with server.v2(keys) as http:
            stays = Client(http, ledger, noting, 9, 9, {"shared": {}})
            for _ in range(4):
                stays.register("shared")
        clients = [Client(server.v2(keys), ledger, noting, number, number, {"shared": {}}) for number in range(3)]
        runs = [pool.submit(client.run) for client in clients]
        while sum(map(len, ledger.groups.values())) < 10 and not any(run.done() for run in runs):
            time.sleep(0.1)
        with noting:
            before = copy.deepcopy(ledger.groups)
        made = visavis("backup", str(archive), "--data-dir", str(server.data_dir))
        with noting:
            after = copy.deepcopy(ledger.groups)
        server.process.kill()
        for run in runs:
            run.result()
        assert made.stdout.startswith(f"Written to {archive}: 1 app, ")
    data = tmp_path / "restored" / "data"
    refused = visavis("restore", str(archive), "--data-dir", str(data), check=False)
    assert refused.returncode == 1
    assert "The master key is missing" in refused.stderr
    shutil.copy(tmp_path / "served" / "data" / "master.key", data)
    assert visavis("restore", str(archive), "--data-dir", str(data)).stdout.startswith("Restored: 1 app, ")
    [restored] = [
        line
        for line in visavis("audit", "export", "--data-dir", str(data)).stdout.splitlines()
        if json.loads(line)["operation"] == "restore"
    ]
    assert "a backup of 20" in restored
    with running_server(tmp_path / "restored") as server:
        known, faults = look(server, keys)
        assert faults == []
        found = {name: set(faces) for name, faces in known.items()}
    lasting = {name: faces & after[name] for name, faces in before.items() if name in after}
    assert len(lasting["shared"]) >= 4
    for name, faces in lasting.items():
        assert faces <= found[name]
