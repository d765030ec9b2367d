//! Data of all kinds.

use std::io;

use nightproof_scenarios::Site;
use rstest::rstest;

use crate::scenario;

fn nothing(site: Site) -> io::Result<Site> {
    Ok(site)
}

fn an_empty_file(site: Site) -> io::Result<Site> {
    site.file("empty", b"")
}

fn one_file(site: Site) -> io::Result<Site> {
    site.file("index.html", b"<p>hello</p>\n")
}

fn many_files(site: Site) -> io::Result<Site> {
    site.files(10_000)
}

fn more_than_one_part(site: Site) -> io::Result<Site> {
    site.noise("large.bin", 64)
}

fn odd_names(site: Site) -> io::Result<Site> {
    site.file("with space/and more.txt", b"1")?
        .file("grüße/日本.txt", b"2")?
        .file("line\nbreak", b"3")?
        .file("-rf", b"4")?
        .file("$(reboot) `id` 'quote\"", b"5")?
        .file(&"long".repeat(60), b"6")
}

fn links(site: Site) -> io::Result<Site> {
    site.file("folder/file", b"1")?
        .link("to-file", "folder/file")?
        .link("to-folder", "folder")?
        .link("dangling", "/nowhere/at all")?
        .link("to-itself", "to-itself")
}

#[rstest]
#[case::nothing(nothing, 0)]
#[case::an_empty_file(an_empty_file, 1)]
#[case::one_file(one_file, 1)]
#[case::ten_thousand_files(many_files, 10_100)]
#[case::more_than_one_part(more_than_one_part, 1)]
#[case::odd_names(odd_names, 8)]
#[case::symbolic_links(links, 6)]
fn data_comes_back_identical(#[case] fill: fn(Site) -> io::Result<Site>, #[case] entries: u64) {
    let night = scenario().data(fill).expect("data").run().expect("a run");
    let outcome = night.assert_passed();
    assert_eq!(outcome.archive.as_ref().expect("an archive").files, entries);
}
