# A static binary on a distroless image: no shell, no package manager, not root.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /sekisho ./cmd/sekisho \
 && install -d -o 65532 -g 65532 -m 0700 /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /sekisho /usr/local/bin/sekisho
COPY --from=build --chown=65532:65532 /data /data
COPY LICENSE /LICENSE
USER 65532:65532
ENV SEKISHO_DATA_DIR=/data
VOLUME /data
# Ports above 1024 need no capability; publish them as 80 and 443.
EXPOSE 8080 8443 9090
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s CMD ["/usr/local/bin/sekisho", "status", "--check"]
ENTRYPOINT ["/usr/local/bin/sekisho"]
CMD ["serve", "--http", ":8080", "--https", ":8443", "--portal", ":9090"]
