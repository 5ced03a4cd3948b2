//! Links, to the repository's own pages only.

use url::Url;

use crate::ids::{CommitSha, Repo};
use crate::markdown::{Markdown, Untrusted};
use crate::promotion::Run;

/// The web pages of one repository.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pages<'a> {
    /// Which repository.
    pub(crate) repo: &'a Repo,
    /// Where GitHub's pages are, such as `https://github.com`, if that is known.
    pub(crate) site: Option<&'a Url>,
}

impl Pages<'_> {
    /// A commit by its first digits, with a link to it where there is one.
    pub(crate) fn commit(&self, commit: &CommitSha) -> Markdown {
        let short = Untrusted::new(commit.short()).code();
        let page = self.site.and_then(|site| page(site, &format!("{}/commit/{commit}", self.repo.name)));
        match page {
            Some(page) => Markdown::link(short, &page),
            None => short,
        }
    }

    /// A link to a workflow's run, if its page is one of the repository's.
    pub(crate) fn run(&self, run: Option<&Run>) -> Option<Markdown> {
        let page: Url = run?.url.as_deref()?.parse().ok()?;
        self.has(&page).then(|| Markdown::link("see its run", &page))
    }

    fn has(&self, page: &Url) -> bool {
        let same_site = self.site.is_none_or(|site| site.origin() == page.origin());
        let below = self.site.map_or("", |site| site.path().trim_end_matches('/'));
        let path = page.path().to_ascii_lowercase();
        let own = format!("{below}/{}/", self.repo.name).to_ascii_lowercase();
        same_site && path.starts_with(&own)
    }
}

fn page(site: &Url, path: &str) -> Option<Url> {
    let mut page = site.clone();
    let below = site.path().trim_end_matches('/').to_owned();
    page.set_path(&format!("{below}/{path}"));
    page.set_query(None);
    page.set_fragment(None);
    page.has_host().then_some(page)
}
