package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset"
)

// Peers are what other people would put in the same place: nginx alone, and nginx with ModSecurity 3 and the same Core Rule
// Set files. They come from the distribution (scripts/peers). One that is not there is left out, and the report says why.
const (
	peerNginx       = "nginx"
	peerModSecurity = "nginx_modsecurity"
)

var errNoPeer = errors.New("not installed; scripts/peers installs it")

// startPeers starts the peers that are there, on the proxy's core, and notes why others are not.
func (b *bench) startPeers(ctx context.Context, originURL string) error {
	b.missing = map[string]string{}
	for _, name := range []string{peerNginx, peerModSecurity} {
		p, err := b.startNginx(ctx, name, strings.TrimPrefix(originURL, "http://"))
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			b.missing[name] = err.Error()
			continue
		}
		b.programs = append(b.programs, p)
	}
	return nil
}

func (b *bench) startNginx(ctx context.Context, name, origin string) (*program, error) {
	binary, err := exec.LookPath("nginx")
	if err != nil {
		return nil, errNoPeer
	}
	module := ""
	if name == peerModSecurity {
		if module = findModule(); module == "" {
			return nil, errNoPeer
		}
	}
	dir := filepath.Join(b.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a directory for %s: %w", name, err)
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	config, err := nginxConfig(dir, addr, origin, module, b.cfg.TLS)
	if err != nil {
		return nil, err
	}
	c, err := startChild(name, binary, b.where.proxy, "-p", dir, "-c", config, "-e", "stderr")
	if err != nil {
		return nil, err
	}
	b.children = append(b.children, c)
	t := target{address: addr, host: siteHost, tls: b.cfg.TLS}
	if module != "" {
		err = c.await(ctx, t, attackPath, 403)
	} else {
		err = c.await(ctx, t, "/", 200)
	}
	if err != nil {
		return nil, err
	}
	return b.newProgram(name, t, c)
}

func findModule() string {
	for _, dir := range []string{"/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules"} {
		file := filepath.Join(dir, "ngx_http_modsecurity_module.so")
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

// nginxConfig writes the configuration and what it names, and returns its path. One process does all the work, so that its
// processor time can be read; connections to visitors and origin are kept; logs go to the null device, as the others' do.
func nginxConfig(dir, addr, origin, module string, secure bool) (string, error) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if module != "" {
		line("load_module %s;", module)
	}
	line("daemon off; master_process off; worker_processes 1; pid %s/nginx.pid; error_log /dev/null error;", dir)
	line("events { worker_connections 2048; }")
	line("http {")
	line("access_log /dev/null combined; sendfile on; tcp_nodelay on; server_tokens off;")
	line("keepalive_requests 1000000000; keepalive_timeout 120s; client_max_body_size 64m; client_body_buffer_size 128k;")
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		line("%s_temp_path %s/%s;", kind, dir, kind)
	}
	line("upstream origin { server %s; keepalive 64; keepalive_requests 1000000000; }", origin)
	listen := "listen " + addr
	if secure {
		if err := writeCertificate(dir); err != nil {
			return "", err
		}
		listen += " ssl; ssl_protocols TLSv1.3; ssl_certificate " + dir + "/cert.pem; ssl_certificate_key " + dir + "/key.pem"
	}
	line("server { %s; server_name %s;", listen, siteHost)
	if module != "" {
		if err := exportRules(dir); err != nil {
			return "", err
		}
		line("modsecurity on; modsecurity_rules_file %s/modsecurity.conf;", dir)
	}
	line("location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $host;")
	line("proxy_set_header X-Forwarded-For $remote_addr; proxy_buffers 16 8k; } } }")
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(b.String()), 0o600); err != nil {
		return "", fmt.Errorf("write nginx's configuration: %w", err)
	}
	return config, nil
}

// modSecurity says what a policy of ours says by default: the same limits, bodies of the same types, no audit log.
const modSecurity = `SecRuleEngine On
SecAuditEngine Off
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction ProcessPartial
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml text/javascript application/javascript application/json application/xml
SecResponseBodyLimit 65536
SecResponseBodyLimitAction ProcessPartial
SecArgumentSeparator &
SecCookieFormat 0
`

// exportRules writes the rules that our own policies are compiled with, for ModSecurity to read.
func exportRules(dir string) error {
	files := ruleset.RuleFiles()
	recommended, err := fs.ReadFile(files, "@coraza.conf-recommended")
	if err != nil {
		return fmt.Errorf("export the rules: %w", err)
	}
	setup, err := fs.ReadFile(files, "@crs-setup.conf.example")
	if err != nil {
		return fmt.Errorf("export the rules: %w", err)
	}
	entries, err := fs.ReadDir(files, "@owasp_crs")
	if err != nil {
		return fmt.Errorf("export the rules: %w", err)
	}
	rules := filepath.Join(dir, "rules")
	if err := os.MkdirAll(rules, 0o700); err != nil {
		return fmt.Errorf("export the rules: %w", err)
	}
	conf := modSecurity + onlyRules(string(recommended)) + string(setup)
	for _, entry := range entries {
		content, err := fs.ReadFile(files, path.Join("@owasp_crs", entry.Name()))
		if strings.HasSuffix(entry.Name(), ".conf") {
			content = []byte(apart(string(content)))
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(rules, entry.Name()), content, 0o600)
		}
		if err != nil {
			return fmt.Errorf("export the rules: %w", err)
		}
	}
	conf += "\nInclude " + rules + "/*.conf\n"
	if err := os.WriteFile(filepath.Join(dir, "modsecurity.conf"), []byte(conf), 0o600); err != nil {
		return fmt.Errorf("export the rules: %w", err)
	}
	return nil
}

// apart puts an empty line behind each directive, as the rule set is published. The files that we compile have none, and
// ModSecurity takes the directive behind a rule without actions for its actions.
func apart(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(line)
		if !strings.HasSuffix(strings.TrimRight(line, "\n"), `\`) {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// onlyRules leaves the SecRule directives, with the lines that continue them.
func onlyRules(text string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		inside = inside || strings.HasPrefix(line, "SecRule ")
		if inside {
			b.WriteString(line)
		}
		inside = inside && strings.HasSuffix(strings.TrimRight(line, "\n"), `\`)
	}
	return b.String()
}

func writeCertificate(dir string) error {
	certificate, err := selfSigned()
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	key, err := x509.MarshalECPrivateKey(certificate.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	for file, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}, "key.pem": {Type: "EC PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			return fmt.Errorf("make a certificate: %w", err)
		}
	}
	return nil
}
