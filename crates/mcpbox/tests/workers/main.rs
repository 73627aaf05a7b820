//! Sandbox workers as processes of the real binary, and the executor that hands calls to them.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod death;
#[cfg(test)]
mod door;
#[cfg(test)]
mod support;
