//! The escape suite: every program in `escapes/` run in `standard` (only the jail stands) and `strict`, in every tier this machine
//! offers, judged from outside.

#[cfg(test)]
#[path = "../common/folder.rs"]
mod folder;
#[cfg(test)]
mod language;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
mod program;
#[cfg(test)]
mod state;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tiers;
#[cfg(test)]
mod world;
