//! Names of the standard library and of packages, as plain lists.

/// Top-level names of the standard library, CPython 3.11 to 3.14. Private ones (`_x`) are known by their underscore.
pub(super) const STDLIB: &str = "__future__ __main__ abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore \
    atexit audioop base64 bdb binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop \
    collections colorsys compileall compression concurrent configparser contextlib contextvars copy copyreg crypt csv \
    ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno \
    faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob \
    graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools \
    json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib \
    msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib \
    pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd \
    py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched \
    secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 \
    sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys \
    sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token \
    tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid \
    venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// Private top-level names of the standard library.
pub(super) const PRIVATE: &str = "_abc _ast _asyncio _bisect _blake2 _bz2 _codecs _collections _collections_abc _contextvars _crypt _csv \
    _ctypes _curses _datetime _dbm _decimal _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm \
    _hashlib _heapq _imp _interpchannels _interpqueues _interpreters _io _json _locale _lsprof _lzma _md5 _multibytecodec \
    _multiprocessing _opcode _operator _pickle _posixshmem _posixsubprocess _py_abc _pydatetime _pydecimal _pyio _queue \
    _random _sha1 _sha2 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string \
    _strptime _struct _suggestions _symtable _sysconfig _testcapi _thread _threading_local _tkinter _tokenize _tracemalloc \
    _types _typing _uuid _warnings _weakref _weakrefset _winapi _xxsubinterpreters _zoneinfo";

/// Import names whose distribution is called otherwise.
pub(super) const DISTRIBUTIONS: &[(&str, &str)] = &[
    ("Crypto", "pycryptodome"),
    ("OpenSSL", "pyopenssl"),
    ("PIL", "pillow"),
    ("attr", "attrs"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python-headless"),
    ("dateutil", "python-dateutil"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("fitz", "pymupdf"),
    ("jose", "python-jose"),
    ("jwt", "pyjwt"),
    ("magic", "python-magic"),
    ("pptx", "python-pptx"),
    ("psycopg2", "psycopg2-binary"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("slugify", "python-slugify"),
    ("yaml", "pyyaml"),
];

/// `(package, submodules)` of the standard library for which `from package import submodule` imports a submodule.
pub(super) const SUBMODULES: &[(&str, &str)] = &[
    ("asyncio", "base_events base_subprocess events subprocess unix_events"),
    ("collections", "abc"),
    ("compression", "bz2 gzip lzma zlib zstd"),
    ("concurrent", "futures interpreters"),
    ("concurrent.futures", "process thread"),
    ("email", "charset encoders errors generator header headerregistry message mime parser policy utils"),
    ("html", "entities parser"),
    ("http", "client cookiejar cookies server"),
    ("json", "decoder encoder scanner tool"),
    ("logging", "config handlers"),
    ("os", "path"),
    ("string", "templatelib"),
    ("unittest", "mock"),
    ("urllib", "error parse request response robotparser"),
    ("wsgiref", "handlers headers simple_server util"),
    ("xml", "dom etree parsers sax"),
    ("xml.dom", "minidom pulldom"),
    ("xml.etree", "ElementInclude ElementPath ElementTree"),
    ("xml.sax", "handler saxutils"),
    ("xmlrpc", "client server"),
];
