package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// OriginSettings are the settings of how a site's requests reach its servers. at returns where they stand, or nil when none
// are there yet and nothing is to change.
func OriginSettings(at func(change bool) *sekisho.Origins) []Setting {
	read := func(get func(*sekisho.Origins) string) func() string {
		return func() string {
			if o := at(false); o != nil {
				return get(o)
			}
			return ""
		}
	}
	text := func(key, help string, field func(*sekisho.Origins) *string) Setting {
		return Setting{
			Key: key, Help: help, get: read(func(o *sekisho.Origins) string { return *field(o) }),
			set: func(value string) error { *field(at(true)) = value; return nil },
		}
	}
	span := func(key, help string, field func(*sekisho.Origins) *time.Duration) Setting {
		return Setting{Key: key, Help: help, get: read(func(o *sekisho.Origins) string {
			if *field(o) == 0 {
				return ""
			}
			return field(o).String()
		}), set: func(value string) (err error) {
			if value == "" {
				value = "0s"
			}
			if *field(at(true)), err = time.ParseDuration(value); err != nil {
				return sekisho.Invalid(strconv.Quote(value) + " is not a time such as 10s")
			}
			return nil
		}}
	}
	return []Setting{
		{
			Key: "origin_weight", Help: "share of the site's first server beside the others: 1 to 100",
			get: read(func(o *sekisho.Origins) string {
				if o.Weight == 0 {
					return ""
				}
				return strconv.Itoa(o.Weight)
			}),
			set: func(value string) (err error) {
				if value == "" {
					value = "0"
				}
				if at(true).Weight, err = strconv.Atoi(value); err != nil {
					return sekisho.Invalid(strconv.Quote(value) + " is not a whole number")
				}
				return nil
			},
		},
		{
			Key: "origin_others", Help: "more servers as URL or URL=WEIGHT, separated by commas, such as http://10.0.0.6:8080=2; weight 0 stands by until all others are away",
			get: read(func(o *sekisho.Origins) string { return joinWords(o.Others) }),
			set: func(value string) error {
				var others []sekisho.OriginServer
				for part := range strings.SplitSeq(value, ",") {
					if part = strings.TrimSpace(part); part == "" {
						continue
					}
					server, err := sekisho.ParseOriginServer(part)
					if err != nil {
						return err
					}
					others = append(others, server)
				}
				at(true).Others = others
				return nil
			},
		},
		text("origin_check_path", "path that each server is asked for now and then, such as /healthz; an answer below 500 is well (empty: only visitors' requests tell)", func(o *sekisho.Origins) *string { return &o.CheckPath }),
		span("origin_check_every", "time between two checks (10s unless given)", func(o *sekisho.Origins) *time.Duration { return &o.CheckEvery }),
		span("origin_connect_timeout", "time to connect to a server, TLS included (10s unless given)", func(o *sekisho.Origins) *time.Duration { return &o.ConnectTimeout }),
		span("origin_answer_timeout", "time for a server to begin its answer (60s unless given)", func(o *sekisho.Origins) *time.Duration { return &o.AnswerTimeout }),
		{
			Key: "origin_protocol", Help: "what is spoken with the servers: auto, http1 or http2 (without TLS too, as gRPC servers want)",
			get: read(func(o *sekisho.Origins) string {
				if o.Protocol == sekisho.OriginAuto {
					return ""
				}
				return o.Protocol.String()
			}),
			set: func(value string) error {
				if value == "" {
					value = sekisho.OriginAuto.String()
				}
				return at(true).Protocol.UnmarshalText([]byte(value))
			},
		},
		text("origin_server_name", "name that the server's certificate must have, if not the host of its URL", func(o *sekisho.Origins) *string { return &o.ServerName }),
		text("origin_ca_file", "PEM file with who may have issued the server's certificate (empty: the system's authorities)", func(o *sekisho.Origins) *string { return &o.CAFile }),
		{
			Key: "origin_skip_verify", Help: "true: take any certificate, so that whoever stands between us and the server can read and change everything",
			get: read(func(o *sekisho.Origins) string {
				if !o.SkipVerify {
					return ""
				}
				return "true"
			}),
			set: func(value string) (err error) {
				if value == "" {
					value = "false"
				}
				if at(true).SkipVerify, err = strconv.ParseBool(value); err != nil {
					return sekisho.Invalid(strconv.Quote(value) + ": use true or false")
				}
				return nil
			},
		},
		text("origin_cert_file", "PEM file with the client certificate that we show to the server (with origin_key_file)", func(o *sekisho.Origins) *string { return &o.CertFile }),
		text("origin_key_file", "PEM file with its private key", func(o *sekisho.Origins) *string { return &o.KeyFile }),
		text("origin_secret_file", "file with a secret on one line, which each request to the server carries", func(o *sekisho.Origins) *string { return &o.SecretFile }),
		text("origin_secret_header", "field that carries the secret ("+sekisho.DefaultSecretHeader+" unless given)", func(o *sekisho.Origins) *string { return &o.SecretHeader }),
	}
}
