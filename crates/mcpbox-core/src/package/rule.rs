//! Which packages may be asked for, and when one serves for another.

use serde::{Deserialize, Serialize};

/// Longest name or version requirement.
const TEXT_MAX_BYTES: usize = 100;

/// A package of the package index that a tool may use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackageRule {
    /// Distribution name in its normal form: lower case, parts joined by `-`.
    pub name: String,
    /// Which versions: `>=2,<3`; none for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The package that imports ask for by themselves and this one takes the place of (`opencv-python`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provides: Option<String>,
    /// Whether it may speak HTTP by itself, through the proxy of the jail, to hosts that are granted to the tool.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub network: bool,
}

/// Why a text names no package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no package: {rule}")]
pub struct PackageRuleError {
    text: String,
    rule: &'static str,
}

impl PackageRule {
    /// Parses `name` or `name` with a version requirement (`pandas>=2,<3`). URLs, paths, extras and markers are refused.
    ///
    /// # Errors
    /// [`PackageRuleError`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, PackageRuleError> {
        let fail = |rule| PackageRuleError { text: text.chars().take(80).collect(), rule };
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if compact.len() > TEXT_MAX_BYTES {
            return Err(fail("it is too long"));
        }
        if compact.contains(['@', '/', '[', ';', ':', '\\']) {
            return Err(fail("give a plain name of the package index, without URL, path, extras or markers"));
        }
        let end = compact.find(['<', '>', '=', '!', '~']).unwrap_or(compact.len());
        let (name, version) = compact.split_at(end);
        let name = normal_name(name).ok_or_else(|| fail("a name is letters, digits, '-', '_' and '.'"))?;
        if !version.is_empty() && !version.split(',').all(is_clause) {
            return Err(fail("write versions as >=2,<3 or ==2.1.0"));
        }
        let version = (!version.is_empty()).then(|| version.to_owned());
        Ok(Self { name, version, provides: None, network: false })
    }

    /// The package of this name in any version, without a network of its own.
    pub fn named(name: &str) -> Self {
        let name = normal_name(name).unwrap_or_else(|| name.to_owned());
        Self { name, version: None, provides: None, network: false }
    }

    /// As an installer reads it: `pandas>=2,<3`.
    pub fn requirement(&self) -> String {
        format!("{}{}", self.name, self.version.as_deref().unwrap_or_default())
    }

    /// Whether the import that needs `package` is served by this one.
    pub fn serves(&self, package: &str) -> bool {
        self.name == package || self.provides.as_deref() == Some(package)
    }

    /// Whether a grant of `self` is enough for the need `other`.
    pub fn covers(&self, other: &Self) -> bool {
        let serves = self.name == other.name || (other.provides.is_none() && self.serves(&other.name));
        serves
            && (other.version.is_none() || self.version == other.version)
            && (self.network || !other.network)
            && (other.provides.is_none() || self.provides == other.provides)
    }
}

impl std::fmt::Display for PackageRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.requirement())?;
        if self.network {
            f.write_str(" with network")?;
        }
        Ok(())
    }
}

/// The normal form of a distribution name; none when it is no name.
fn normal_name(text: &str) -> Option<String> {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let fits = is_end(text.chars().next())
        && is_end(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let parts = text.split(['-', '_', '.']).filter(|part| !part.is_empty());
    fits.then(|| parts.collect::<Vec<_>>().join("-").to_ascii_lowercase())
}

/// One clause of a version requirement.
fn is_clause(clause: &str) -> bool {
    let operators = ["===", "==", "!=", "~=", ">=", "<=", ">", "<"];
    let version = operators.iter().find_map(|operator| clause.strip_prefix(operator));
    version.is_some_and(|version| {
        version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '+' | '!' | '-' | '_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_plain_names_with_versions() {
        let cases = [
            ("pandas", "pandas", None),
            (" PyYAML ", "pyyaml", None),
            ("ruamel.yaml >= 0.18, < 1", "ruamel-yaml", Some(">=0.18,<1")),
            ("zope_interface==5.*", "zope-interface", Some("==5.*")),
        ];
        for (text, name, version) in cases {
            let rule = PackageRule::parse(text).unwrap();
            assert_eq!((rule.name.as_str(), rule.version.as_deref()), (name, version), "{text}");
        }
        for bad in [
            "",
            "-r x.txt",
            "--index-url=x",
            "pandas @ https://x.example/p.whl",
            "./here",
            "pandas[excel]",
            "pandas; os_name == 'nt'",
            "pandas>=",
            "pandas=2",
            "pandas>=a",
            "pandas>=2,",
            "ein paket!",
        ] {
            assert!(PackageRule::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_grant_covers_what_it_serves_in_the_versions_and_with_the_network_it_names() {
        let rule = |text: &str| PackageRule::parse(text).unwrap();
        let any = rule("pandas");
        let two = rule("pandas>=2");
        assert!(any.covers(&any) && two.covers(&any) && two.covers(&two));
        assert!(!any.covers(&two) && !any.covers(&rule("numpy")));
        let online = PackageRule { network: true, ..any.clone() };
        assert!(online.covers(&any) && !any.covers(&online));
        let other = PackageRule { provides: Some("opencv-python".into()), ..rule("opencv-contrib-python") };
        assert!(other.covers(&rule("opencv-python")) && other.covers(&rule("opencv-contrib-python")));
        assert!(!rule("opencv-python").covers(&other) && !rule("opencv-contrib-python").covers(&other));
    }
}
