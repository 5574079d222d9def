package verify

import (
	"strconv"
	"strings"
	"time"

	"github.com/scantling/scantling/internal/manifest"
)

// keepDays is for how many days backups are kept at the least, by tier.
var keepDays = map[string]int64{"critical": 30, "standard": 14, bestEffort: 7}

func backupRetention(c *checker) {
	const day = 24 * time.Hour
	for _, k := range c.keeps() {
		keeps, path := k.keepsFor()
		rpo := k.rpo(c)
		least := time.Duration(keepDays[k.tier(c)]) * day
		schedule, _ := k.runs()
		interval, _ := c.longestGap(schedule, 5)
		switch {
		case keeps == 0 && !k.object.Ours(), k.ofPlatform() && k.object.Ours():
			// what thins them out stands in the bucket, or nothing does
		case keeps == 0:
			c.violated(k.object, path, "the bucket grows for ever, or nothing is kept: nobody says for how long a backup is")
		case k.cluster == nil && keeps <= interval:
			c.violated(k.object, path, "the newest backup is deleted after %s, and the next one comes after %s: between them there is none", spanOf(keeps), spanOf(interval))
		case keeps < 2*rpo:
			c.violated(k.object, path, "the newest backup is broken: the one before it went after %s, and %s may be lost", spanOf(keeps), spanOf(rpo))
		case k.object.Ours() && keeps < least:
			c.violated(k.object, path, "a mistake is noticed after %s: backups are kept for %s", spanOf(least), spanOf(keeps))
		case k.job != nil && k.object.Ours() && k.all() < 2*rpo:
			c.violated(k.object, path, "the newest backup is broken: of those of the last %s only one a day is kept, and %s may be lost", spanOf(2*rpo), spanOf(rpo))
		case rpo == 0:
			c.proved(k.object, "kept for %s, and made again after %s", spanOf(keeps), spanOf(interval))
		default:
			c.proved(k.object, "kept for %s; %s may be lost", spanOf(keeps), spanOf(rpo))
		}
	}
}

// keepsFor is for how long backups are kept, and where that is said; 0: nowhere.
func (k *kept) keepsFor() (time.Duration, string) {
	switch {
	case k.job != nil:
		all := tasks(k.job)
		if len(all) == 0 {
			return 0, ""
		}
		return seconds(all[len(all)-1], "KEEP_SECONDS"), "spec.jobTemplate"
	case k.schedule != nil:
		d, err := time.ParseDuration(manifest.String(k.schedule.Fields, "spec", "template", "ttl"))
		if err != nil {
			return 30 * 24 * time.Hour, "spec.template.ttl" // Velero's default
		}
		return d, "spec.template.ttl"
	case k.store != nil:
		return policyDays(manifest.String(k.store.Fields, "spec", "retentionPolicy")), "spec.plugins"
	}
	return 0, "spec.plugins"
}

// policyDays reads a retention of barman: 30d, 8w or 6m.
func policyDays(text string) time.Duration {
	const day = 24 * time.Hour
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day, "m": 30 * day} {
		if digits, ok := strings.CutSuffix(text, suffix); ok {
			if n, err := strconv.ParseUint(digits, 10, 16); err == nil {
				return time.Duration(n) * unit
			}
		}
	}
	return 0
}

// all is for how long every single backup is kept.
func (k *kept) all() time.Duration {
	all := tasks(k.job)
	return seconds(all[len(all)-1], "KEEP_ALL_SECONDS")
}

func backupSurvivesItsRegion(c *checker) {
	for _, k := range c.keeps() {
		if !k.object.Ours() || k.ofPlatform() || k.tier(c) != "critical" {
			continue
		}
		there := k.region(c)
		switch {
		case k.snapshots():
			c.violated(k.object, "", "the storage system is lost: the snapshots of critical data are in it")
		case there == "":
			c.unknown(k.object, "in which region the backups are")
		case c.Facts.Region == "":
			c.unknown(k.object, "in which region the data is; its backups are in %s", there)
		case there == c.Facts.Region:
			c.violated(k.object, "", "the region %s is lost: the data and its backups are both there", there)
		default:
			c.proved(k.object, "the data is in %s, its backups in %s", c.Facts.Region, there)
		}
	}
}

// region is where the backups lie; empty: the objects do not say.
func (k *kept) region(c *checker) string {
	switch {
	case k.job != nil:
		for _, t := range tasks(k.job) {
			if region := variable(t, "RCLONE_CONFIG_STORE_REGION"); region != "" {
				return region
			}
		}
	case k.schedule != nil:
		id := manifest.ID{Group: "velero.io", Kind: "BackupStorageLocation", Namespace: k.schedule.Namespace, Name: manifest.String(k.schedule.Fields, "spec", "template", "storageLocation")}
		if location := c.Get(id); location != nil {
			return manifest.String(location.Fields, "spec", "config", "region")
		}
	case k.store != nil:
		for _, v := range manifest.Maps(k.store.Fields, "spec", "instanceSidecarConfiguration", "env") {
			if manifest.String(v, "name") == "AWS_DEFAULT_REGION" {
				return manifest.String(v, "value")
			}
		}
	}
	return ""
}
