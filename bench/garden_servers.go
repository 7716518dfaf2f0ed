package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A gateServer is a server of another make behind us. It passes what it has read on to a witness of its own: its reading
// is what arrives there.
type gateServer struct {
	name    string
	address string
	witness *witness
	merges  bool // slashes at the beginning of a path, as its manual says
}

func (s *gateServer) host() string { return s.name + ".gate.bench.example" }

// A gardenPlant says how a server of the garden is started.
type gardenPlant struct {
	name    string
	program []string // the first that is installed
	config  string   // with LISTEN, WITNESS, DIR and MODULES put in
	file    string
	args    []string // with FILE and DIR put in
	merges  bool     // see gateServer
}

var garden = []gardenPlant{
	{
		name: "nginx", program: []string{"nginx", "/usr/sbin/nginx"}, file: "nginx.conf",
		args: []string{"-p", "DIR", "-c", "FILE", "-e", "stderr"},
		config: `daemon off; master_process off; pid DIR/nginx.pid; error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
  server { listen LISTEN; location / { proxy_pass http://WITNESS; proxy_http_version 1.1; proxy_set_header Host $http_host; } }
}
`,
	},
	{
		name: "apache2", program: []string{"apache2", "httpd", "/usr/sbin/apache2"}, file: "apache.conf",
		args: []string{"-d", "DIR", "-f", "FILE", "-DFOREGROUND"}, merges: true,
		config: `ServerName gate
ServerRoot DIR
PidFile DIR/apache.pid
DefaultRuntimeDir DIR
Mutex file:DIR
ErrorLog /dev/null
LoadModule mpm_event_module MODULES/mod_mpm_event.so
LoadModule authz_core_module MODULES/mod_authz_core.so
LoadModule proxy_module MODULES/mod_proxy.so
LoadModule proxy_http_module MODULES/mod_proxy_http.so
Listen LISTEN
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 16
AllowEncodedSlashes NoDecode
MergeSlashes Off
ProxyRequests Off
ProxyPreserveHost On
ProxyPass / http://WITNESS/ nocanon
`,
	},
	{
		name: "haproxy", program: []string{"haproxy", "/usr/sbin/haproxy"}, file: "haproxy.cfg", args: []string{"-db", "-f", "FILE"},
		config: `global
  maxconn 64
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend gate
  bind LISTEN
  default_backend witness
backend witness
  server witness WITNESS
`,
	},
	{
		name: "node", program: []string{"node", "nodejs"}, file: "gate.js", args: []string{"FILE"},
		config: `const http = require('http');
const [host, port] = 'WITNESS'.split(':'), [name, own] = 'LISTEN'.split(':');
http.createServer((q, a) => {
  let on;
  try {
    on = http.request({ host, port, method: q.method, path: q.url, headers: q.rawHeaders, agent: false, setHost: false }, r => {
      a.writeHead(r.statusCode); r.pipe(a);
    });
  } catch { return a.destroy(); }
  on.on('error', () => a.destroy());
  q.on('aborted', () => on.destroy());
  q.pipe(on);
}).listen(own, name);
`,
	},
}

// apacheModules is where distributions put them.
var apacheModules = []string{"/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"}

// startGarden starts the servers that are installed, and notes the others as missing.
func (r *gateRun) startGarden(ctx context.Context) error {
	for _, plant := range garden {
		if err := r.plant(ctx, plant); err != nil {
			return err
		}
	}
	return nil
}

func (r *gateRun) plant(ctx context.Context, plant gardenPlant) error {
	program := ""
	for _, candidate := range plant.program {
		if path, err := exec.LookPath(candidate); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		r.report.Missing = append(r.report.Missing, plant.name+": not installed; `scripts/servers` installs it")
		return nil
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	w, err := newWitness()
	if err != nil {
		return err
	}
	server := &gateServer{name: plant.name, address: address, witness: w, merges: plant.merges}
	r.servers = append(r.servers, server)
	dir := filepath.Join(r.dir, plant.name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder for %s: %w", plant.name, err)
	}
	modules := ""
	for _, candidate := range apacheModules {
		if _, err := os.Stat(candidate); err == nil {
			modules = candidate
			break
		}
	}
	file := filepath.Join(dir, plant.file)
	put := strings.NewReplacer("LISTEN", address, "WITNESS", strings.TrimPrefix(w.url(), "http://"), "DIR", dir, "MODULES", modules, "FILE", file)
	if err := os.WriteFile(file, []byte(put.Replace(plant.config)), 0o600); err != nil {
		return fmt.Errorf("write the configuration of %s: %w", plant.name, err)
	}
	args := make([]string, len(plant.args))
	for i, arg := range plant.args {
		args[i] = put.Replace(arg)
	}
	c, err := startChildWith(nil, plant.name, program, nil, args...)
	if err != nil {
		return err
	}
	r.children = append(r.children, c)
	return c.await(ctx, target{address: address, host: server.host()}, "/", 200)
}
