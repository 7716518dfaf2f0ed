package verb

// meaning is what a verb says about what it was done to.
type meaning uint8

const (
	none       meaning = iota
	stopped            // it did not get through, or did not run
	removed            // it was there and was taken away
	let                // it went through, or stayed
	redirected         // it was sent elsewhere
)

// exact are whole words, folded: lower case, single spaces.
var exact = table(map[meaning][]string{
	stopped: {
		"deny", "denied", "drop", "dropped", "drop all packets", "block", "blocked", "blk", "reject", "rejected", "reset", "reset client",
		"reset server", "reset both", "reset drop", "rst", "tcp reset", "prevent", "prevented", "refuse", "refused", "discard",
		"discarded", "clear session", "dropsession", "drop session", "pass session drop", "block url", "block continue",
		"block override", "random drop", "sinkhole", "sinkholed", "localblock", "local block", "ban", "banned", "intercept",
		"intercepted", "deferred", "lock", "locked", "proxydeny", "proxyblock", "proxydrop", "proxylock", "abort", "aborted",
		"terminate connection", "connection terminated", "wdrop", "denial", "challenge", "managed challenge", "js challenge",
		"jschallenge", "captcha",
	},
	removed: {
		"quarantine", "quarantined", "clean", "cleaned", "cleaned by deletion", "cure", "cured", "disinfect", "disinfected", "delete", "deleted", "remove",
		"removed", "strip", "stripped", "replace", "replaced", "repair", "repaired", "remediate", "remediated", "mitigated",
		"resolved", "encapsulated", "isolate", "isolated", "kill", "killed", "terminate", "terminated", "process killed",
		"rename", "renamed", "rollback", "rolled back", "contained", "proxystrip", "proxyreplace", "autoremediated",
		"remediated automatically", "file quarantined", "moved to quarantine", "mitigation", "suspended", "proxyavscan",
	},
	let: {
		"allow", "allowed", "alw", "accept", "accepted", "pass", "passed", "passthrough", "pass through", "permit", "permitted", "detect",
		"detected", "detection", "detect only", "detected only", "alert", "alerted", "alert only", "log", "logged", "log only", "logonly",
		"monitor", "monitored", "monitor only", "notify", "notified", "report", "reported", "count", "skip", "skipped", "ignore", "ignored",
		"no action", "none", "not blocked", "bypass", "exempt", "continue", "forward", "forwarded", "proxyallow", "audit", "audited",
		"active", "active threat", "not mitigated", "unresolved", "pending", "simulate", "warn", "warning", "coach", "left alone",
		"leave alone", "manual action required", "reboot required", "tagged", "would block", "run", "ran", "executed", "restore", "restored", "released",
	},
	redirected: {"redirect", "redirected", "rewrite"},
})

// undone are parts of phrases that say that the verb beside them did not happen.
var undone = []string{
	"would", "fail", "unable", "unsuccess", "could not", "cannot", "not ", "report only", "simulat", "pending", "required", "uncleanable",
	"失敗", "できません", "できな", "できず", "未処理", "未対応", "のみ", "不可", "検出モード", "監視モード",
	"échec", "échou", "impossible", "non nettoy", "fehlgeschlagen", "nicht ", "no se pudo", "no se ha podido", "impossibile", "não foi", "失败", "실패",
}

// parts are looked for in this order in longer phrases and in languages without spaces.
var parts = []struct {
	part    string
	meaning meaning
}{
	// Japanese, of Trend Micro, ESET, Symantec, WithSecure, Microsoft and Japanese UTMs.
	{"駆除", removed},
	{"隔離", removed},
	{"検疫", removed},
	{"削除", removed},
	{"除去", removed},
	{"修復", removed},
	{"無害化", removed},
	{"終了しました", removed},
	{"強制終了", removed},
	{"プロセスを終了", removed},
	{"名前変更", removed},
	{"拡張子変更", removed},
	{"消去", removed},
	{"アクセス拒否", stopped},
	{"拒否", stopped},
	{"ブロック", stopped},
	{"遮断", stopped},
	{"破棄", stopped},
	{"拒絶", stopped},
	{"防御", stopped},
	{"防止", stopped},
	{"阻止", stopped},
	{"ドロップ", stopped},
	{"リセット", stopped},
	{"切断", stopped},
	{"禁止", stopped},
	{"許可", let},
	{"通過", let},
	{"放置", let},
	{"検出", let},
	{"検知", let},
	{"ログ", let},
	{"監視", let},
	{"警告", let},
	{"通知", let},
	{"手動処理", let},
	{"リダイレクト", redirected},
	// English phrases.
	{"quarantin", removed},
	{"cleaned", removed},
	{"disinfect", removed},
	{"deleted", removed},
	{"removed", removed},
	{"stripped", removed},
	{"remediat", removed},
	{"terminated", removed},
	{"killed", removed},
	{"mitigated", removed},
	{"renamed", removed},
	{"access denied", stopped},
	{"block", stopped},
	{"denied", stopped},
	{"deny", stopped},
	{"dropped", stopped},
	{"drop", stopped},
	{"reject", stopped},
	{"prevent", stopped},
	{"reset", stopped},
	{"refused", stopped},
	{"discard", stopped},
	{"allow", let},
	{"permit", let},
	{"passed", let},
	{"detect", let},
	{"logged", let},
	{"monitor", let},
	{"skipped", let},
	{"ignored", let},
	// French, German, Spanish, Italian, Portuguese.
	{"nettoy", removed},
	{"quarantaine", removed},
	{"supprim", removed},
	{"désinfect", removed},
	{"bloqu", stopped},
	{"refus", stopped},
	{"rejet", stopped},
	{"interdit", stopped},
	{"autoris", let},
	{"détect", let},
	{"journalis", let},
	{"ignor", let},
	{"bereinigt", removed},
	{"gesäubert", removed},
	{"gelöscht", removed},
	{"quarantäne", removed},
	{"entfernt", removed},
	{"blockiert", stopped},
	{"verweigert", stopped},
	{"abgelehnt", stopped},
	{"verworfen", stopped},
	{"zugelassen", let},
	{"erlaubt", let},
	{"erkannt", let},
	{"limpiad", removed},
	{"desinfectad", removed},
	{"eliminad", removed},
	{"cuarentena", removed},
	{"denegad", stopped},
	{"rechazad", stopped},
	{"permitid", let},
	{"detectad", let},
	{"pulito", removed},
	{"eliminato", removed},
	{"quarantena", removed},
	{"bloccat", stopped},
	{"negato", stopped},
	{"consentit", let},
	{"rilevat", let},
	{"limpo", removed},
	{"excluíd", removed},
	{"negad", stopped},
	// Chinese and Korean.
	{"清除", removed},
	{"隔离", removed},
	{"隔離", removed},
	{"删除", removed},
	{"刪除", removed},
	{"阻断", stopped},
	{"拦截", stopped},
	{"封鎖", stopped},
	{"拒绝", stopped},
	{"拒絕", stopped},
	{"丢弃", stopped},
	{"允许", let},
	{"允許", let},
	{"放行", let},
	{"检测", let},
	{"偵測", let},
	{"치료", removed},
	{"격리", removed},
	{"삭제", removed},
	{"차단", stopped},
	{"거부", stopped},
	{"허용", let},
	{"탐지", let},
}

func table(groups map[meaning][]string) map[string]meaning {
	words := map[string]meaning{}
	for m, group := range groups {
		for _, word := range group {
			words[word] = m
		}
	}
	return words
}
