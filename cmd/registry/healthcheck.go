package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"roundtables.kz/registry/internal/config"
	"roundtables.kz/registry/migrations"
)

type healthcheckCommand struct{}

// healthTimeout limits the whole check. /readyz itself waits up to two seconds for the database.
const healthTimeout = 4 * time.Second

func (healthcheckCommand) Run(c *call) error {
	s, err := c.settings()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	if port == "0" {
		return config.Problems{"ADDR: has port 0, so the port of the service is unknown"}
	}
	ctx, cancel := context.WithTimeout(c.ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{Proxy: nil}} // the service is on this machine
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("the service does not answer: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("read the response: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s %s", response.Status, body)
	}
	_, err = fmt.Fprintln(c.stdout, "ready")
	return err
}

type versionCommand struct{}

func (versionCommand) Run(c *call) error {
	_, err := fmt.Fprintf(c.stdout, "registry %s, schema %d\n", version(), migrations.Latest())
	return err
}

// released is the version, set by the Makefile and the Dockerfile.
var released string

// version returns the released version, or else the version in the build information.
func version() string {
	if released != "" {
		return released
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
