"""A timestamp authority (RFC 3161) made of OpenSSL: authority.py ADDRESS:PORT FOLDER, with its key in the folder."""

import http.server
import pathlib
import subprocess
import sys

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = A timestamp authority
[usage]
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = theirs
[theirs]
serial = serial
signer_cert = cert.pem
signer_key = key.pem
certs = cert.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""

(host, port), folder = sys.argv[1].split(":"), pathlib.Path(sys.argv[2])


def openssl(command):
    subprocess.run(["openssl", *command.split()], cwd=folder, check=True)


class Authority(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        openssl("ts -reply -config tsa.cnf -queryfile query -out reply")
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write((folder / "reply").read_bytes())

    def do_GET(self):
        self.send_response(204)
        self.end_headers()


folder.mkdir()
(folder / "tsa.cnf").write_text(CONFIG)
(folder / "serial").write_text("0a\n")
openssl("req -x509 -newkey rsa:2048 -nodes -config tsa.cnf -extensions usage -keyout key.pem -out cert.pem")
http.server.HTTPServer((host, int(port)), Authority).serve_forever()
