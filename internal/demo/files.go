package demo

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// maxUpload bounds one upload; a drawing of 20 MB must pass.
const maxUpload = 64 << 20

// uploaded is what the site says about a file that it counted and threw away.
type uploaded struct {
	Name  string
	Bytes int64
}

func (p *pages) upload() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts, err := r.MultipartReader()
		if err != nil {
			p.render(w, r, http.StatusBadRequest, "upload", "図面を送る", nil)
			return
		}
		var files []uploaded
		for {
			part, err := parts.NextPart()
			if err == io.EOF { //nolint:errorlint // a cut upload is an error that wraps io.EOF; the end is io.EOF itself
				break
			}
			if err != nil {
				http.Error(w, "アップロードを最後まで受け取れませんでした。", http.StatusBadRequest)
				return
			}
			size, err := io.Copy(io.Discard, part)
			if err != nil {
				http.Error(w, "アップロードを最後まで受け取れませんでした。", http.StatusBadRequest)
				return
			}
			if part.FileName() != "" && len(files) < 20 {
				files = append(files, uploaded{Name: firstRunes(part.FileName(), 100), Bytes: size})
			}
		}
		p.render(w, r, http.StatusOK, "uploaded", "図面を受け取りました", files)
	})
}

// maxDownload bounds /download, in megabytes.
const maxDownload = 256

// download sends ?mb=N megabytes, 1 to 256, for trying how large answers stream.
func download() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		megabytes, err := strconv.Atoi(r.URL.Query().Get("mb"))
		if err != nil || megabytes < 1 || megabytes > maxDownload {
			http.Error(w, fmt.Sprintf("mb は 1 から %d までの数です。", maxDownload), http.StatusBadRequest)
			return
		}
		block := make([]byte, 64<<10)
		for i := range block {
			block[i] = byte('a' + i%26)
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(megabytes<<20))
		w.Header().Set("Content-Disposition", `attachment; filename="catalogue.bin"`)
		for range megabytes << 20 / len(block) {
			if _, err := w.Write(block); err != nil {
				return // the visitor has gone
			}
		}
	})
}
