//! Forms that people's scripts give a backup, each with how its owner restores it by programs that are none of ours, and what makes it a bad one.

use std::fmt;

use nightproof_scenarios::Template;

/// A form.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) name: &'static str,
    /// Fills the folder `$out` with what is uploaded, from the data at `$DATA_PATH`.
    made: &'static str,
    /// Restores into the working folder what `$objects` has.
    pub(super) restored: &'static str,
    /// Whether modes come back.
    pub(super) keeps_modes: bool,
    /// Whether folders come back.
    pub(super) keeps_folders: bool,
    /// The file of checksums, if there is one.
    sums: Option<&'static str>,
}

const fn tar(name: &'static str, made: &'static str, restored: &'static str) -> Form {
    Form { name, made, restored, keeps_modes: true, keeps_folders: true, sums: None }
}

/// What the bundled stack's own script leaves.
pub(super) const BUNDLED_FORM: Form = tar("the bundled stack's", "", "tar -xzpf \"$objects\"/*");

pub(super) const FORMS: &[Form] = &[
    tar("tar", r#"tar -C "$DATA_PATH" -cf "$out/site.tar" ."#, r#"tar -xpf "$objects/site.tar""#),
    tar(
        "tar in gzip",
        r#"tar -C / -czf "$out/site.tgz" "${DATA_PATH#/}""#,
        r#"tar -xzpf "$objects/site.tgz" --strip-components 3"#,
    ),
    tar("tar in bzip2", r#"tar -C "$DATA_PATH" -cjf "$out/site" ."#, r#"tar -xjpf "$objects/site""#),
    tar("tar in xz", r#"tar -C "$DATA_PATH" -cJf "$out/site.txz" ."#, r#"tar -xJpf "$objects/site.txz""#),
    tar("tar in zstd", r#"tar -C "$DATA_PATH" -c . | zstd -q > "$out/site.zst""#, r#"zstd -dcq "$objects/site.zst" | tar -xp"#),
    tar("tar in lz4", r#"tar -C "$DATA_PATH" -c . | lz4 -q > "$out/site.lz4""#, r#"lz4 -dcq "$objects/site.lz4" | tar -xp"#),
    tar("zip", r#"(cd "$DATA_PATH"; zip -qry "$out/site.zip" .)"#, r#"unzip -q "$objects/site.zip""#),
    tar(
        "parts",
        r#"tar -C "$DATA_PATH" -czf whole .; split -n 3 whole "$out/site.tgz.""#,
        r#"cat "$objects"/site.tgz.* | tar -xzp"#,
    ),
    Form {
        sums: Some("site.tgz.sha256"),
        ..tar(
            "tar in gzip with its checksum",
            r#"tar -C "$DATA_PATH" -czf "$out/site.tgz" .; (cd "$out"; sha256sum site.tgz > site.tgz.sha256)"#,
            r#"(cd "$objects"; sha256sum --quiet -c site.tgz.sha256); tar -xzpf "$objects/site.tgz""#,
        )
    },
    Form {
        sums: Some("MD5SUMS"),
        ..tar(
            "an archive of each folder",
            r#"(cd "$DATA_PATH"; for each in *; do tar -cJf "$out/$each.txz" "$each"; done; cd "$out"; md5sum *.txz > MD5SUMS)"#,
            r#"(cd "$objects"; md5sum --quiet -c MD5SUMS); for each in "$objects"/*.txz; do tar -xJpf "$each"; done"#,
        )
    },
    Form {
        name: "compressed files",
        made: r#"find "$DATA_PATH" -type f | while IFS= read -r file; do gzip -c "$file" > "$out/${file##*/}.gz"; done"#,
        restored: r#"for each in "$objects"/*.gz; do name=${each##*/}; gzip -dc "$each" > "${name%.gz}"; done"#,
        keeps_modes: false,
        keeps_folders: false,
        sums: None,
    },
    Form {
        name: "plain files",
        made: r#"cp -a "$DATA_PATH/." "$out""#,
        restored: r#"cp -r "$objects/." ."#,
        keeps_modes: false,
        keeps_folders: true,
        sums: None,
    },
];

/// What makes a backup of a form a bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Twin {
    /// A byte more in a file of the data.
    Changed,
    /// A file of the data is not in it.
    Gone,
    /// Another mode of a file.
    Mode,
    /// The largest object ends in its middle.
    Cut,
    /// The largest object was not uploaded.
    Lost,
    /// The checksum is one of something else.
    Sum,
}

const TWINS: &[Twin] = &[Twin::Changed, Twin::Gone, Twin::Mode, Twin::Cut, Twin::Lost, Twin::Sum];

const FIRST: &str = r#"first=$(find "$DATA_PATH" -type f | sort | sed -n 1p)"#;
const LARGEST: &str = r#"largest=$(find "$out" -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)"#;

impl Twin {
    /// What is done to the data before the backup.
    fn before(self) -> String {
        match self {
            Self::Changed => format!("{FIRST}; printf x >> \"$first\""),
            Self::Gone => format!("{FIRST}; rm -f \"$first\""),
            Self::Mode => format!("{FIRST}; chmod 610 \"$first\""),
            Self::Cut | Self::Lost | Self::Sum => "true".to_owned(),
        }
    }

    /// What is done to the backup before it is uploaded.
    fn after(self, form: &Form) -> String {
        match self {
            Self::Changed | Self::Gone | Self::Mode => "true".to_owned(),
            Self::Cut => format!("{LARGEST}; truncate -s $(($(stat -c %s \"$largest\") / 2)) \"$largest\""),
            Self::Lost => format!("{LARGEST}; rm \"$largest\""),
            Self::Sum => format!("sed -i 's/^......../00000000/' \"$out/{}\"", form.sums.unwrap_or_default()),
        }
    }
}

impl Form {
    /// What a bad backup of this form can be.
    pub(super) fn twins(&self) -> Vec<Twin> {
        let has = |twin: &Twin| match twin {
            Twin::Mode => self.keeps_modes,
            Twin::Sum => self.sums.is_some(),
            _ => true,
        };
        TWINS.iter().copied().filter(has).collect()
    }
}

/// A form that was drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    pub(super) form: &'static Form,
    pub(super) twin: Option<Twin>,
    /// Whether the script ends well whatever the upload came to.
    pub(super) is_careless: bool,
}

impl Drawn {
    /// The bundled stack, whose script leaves a backup of this form below a folder of its time.
    pub(super) fn template(&self) -> String {
        let (before, after) =
            self.twin.map_or(("true".to_owned(), "true".to_owned()), |twin| (twin.before(), twin.after(self.form)));
        let lines = [
            "work=$(mktemp -d)",
            "trap 'rm -rf \"$work\"' EXIT",
            "out=$work/out",
            "mkdir \"$out\"",
            "cd \"$work\"",
            &before,
            self.form.made,
            &after,
            "key=\"backups/$instance/$(date -u +%Y-%m-%dT%H-%M-%S.%6NZ)/\"",
            &format!(
                "aws s3 cp --recursive --only-show-errors \"$out\" \"s3://$BACKUP_BUCKET/$key\"{}",
                if self.is_careless { " || true" } else { "" }
            ),
            "",
        ];
        let indented: String = lines.iter().filter(|line| !line.is_empty()).map(|line| format!("          {line}\n")).collect();
        const SAYS: &str = "          echo \"uploaded s3://";
        Template::default().cutting("          archive=$(mktemp", SAYS).inserting(SAYS, &indented).text().to_owned()
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.form.name)?;
        if let Some(twin) = self.twin {
            write!(f, ", bad: {twin:?}")?;
        }
        if self.is_careless { write!(f, ", by a script that ends well whatever its upload came to") } else { Ok(()) }
    }
}
