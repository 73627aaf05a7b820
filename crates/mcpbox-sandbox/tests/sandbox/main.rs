//! The sandbox through its public door, with real jails and real Python: as root with all of a root's powers to lose, and as an
//! ordinary user.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod cgroups;
#[cfg(test)]
#[path = "../common/folder.rs"]
mod folder;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod network;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod remote;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tiers;
